/**
 * The command line: one file a verb. Each is imported only when it is called, so that `--help` stays quick.
 *
 * ```ts
 * await runCommand(['node', 'starling', 'demo', '--peers', '3'])
 * ```
 */
import { Command, CommanderError } from 'commander'
import { acceptSettings } from './apply-settings.ts'
import { addConfig } from './config.ts'
import { addControl } from './control.ts'
import { addCreate } from './create.ts'
import { addDemo } from './demo.ts'
import { addEvaluate } from './evaluate.ts'
import { ExitError, reportError } from './exit.ts'
import { addIdentity } from './identity.ts'
import { addInvite } from './invite.ts'
import { addJoin } from './join.ts'
import { addPins } from './pins.ts'
import { addPredict } from './predict.ts'
import { addPreview } from './preview.ts'
import { addStart } from './start.ts'
import { addStatus } from './status.ts'

const VERSION = '0.1.0'

export async function runCommand(argv: readonly string[]): Promise<void> {
  const program = new Command('starling')
    .description('Train one model across many owners of data: peer to peer, no server, data stays where it is.')
    .version(VERSION)
    .option('--debug', 'show stack traces')
    .showHelpAfterError('(see --help)')
    .exitOverride()
  for (const add of [
    addDemo,
    addIdentity,
    addCreate,
    addJoin,
    addStart,
    addStatus,
    addControl,
    addPins,
    addPredict,
    addEvaluate,
    addConfig,
    addPreview,
    addInvite
  ])
    add(program)
  acceptSettings(program)
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else if (error instanceof ExitError) process.exitCode = error.exitCode
    else process.exitCode = reportError(error, program.opts<{ debug?: boolean }>().debug === true)
  }
}
