#!/usr/bin/env node
// A reader that has seen enough (`starling predict … | head`) is no failure. A terminal that was closed is none either: the
// hangup that comes with it ends the command in good order, which must not end sooner because a line cannot be written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  if (error.code !== 'EIO') throw error
})
// Nobody reads the log any more: the peer goes on without.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
})
// A log that cannot be written, on a full disk or to a closed terminal, ends no peer.
process.stderr.on('error', () => {})

const { runCommand } = await import('./commands/index.ts')
await runCommand(process.argv)
