#!/usr/bin/env node
// A reader that has seen enough (`starling predict … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const { runCommand } = await import('./commands/index.ts')
await runCommand(process.argv)
