#!/usr/bin/env node
// A reader that has seen enough (`starling predict … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
// A log that cannot be written, on a full disk or to a closed terminal, ends no peer.
process.stderr.on('error', () => {})

const { runCommand } = await import('./commands/index.ts')
await runCommand(process.argv)
