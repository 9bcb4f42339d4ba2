/**
 * The command line: one file a verb. Of these only the one that is called is loaded, and what it needs when it runs.
 *
 * ```ts
 * await runCommand(['node', 'starling', 'demo', '--peers', '3'])
 * ```
 */
import { Command, CommanderError } from 'commander'
import { acceptSettings } from './apply-settings.ts'
import { ExitError, reportError } from './exit.ts'

const VERSION = '0.1.0'

type AddVerbs = (program: Command) => void

/** Verbs, in the order of the help, and the file that they come from; `preview` takes its options from `create`. */
const VERBS: readonly (readonly [verbs: readonly string[], load: () => Promise<AddVerbs>])[] = [
  [['demo'], async () => (await import('./demo.ts')).addDemo],
  [['simulate'], async () => (await import('./simulate.ts')).addSimulate],
  [['init', 'identity'], async () => (await import('./identity.ts')).addIdentity],
  [['preview', 'create'], async () => (await import('./create.ts')).addCreate],
  [['preview'], async () => (await import('./preview.ts')).addPreview],
  [['invite'], async () => (await import('./invite.ts')).addInvite],
  [['join'], async () => (await import('./join.ts')).addJoin],
  [['start'], async () => (await import('./start.ts')).addStart],
  [['status'], async () => (await import('./status.ts')).addStatus],
  [['logs'], async () => (await import('./logs.ts')).addLogs],
  [['pause', 'resume', 'leave'], async () => (await import('./control.ts')).addControl],
  [['checkpoints', 'pins', 'pin', 'unpin'], async () => (await import('./pins.ts')).addPins],
  [['verify'], async () => (await import('./verify.ts')).addVerify],
  [['history'], async () => (await import('./history.ts')).addHistory],
  [['tokens'], async () => (await import('./tokens.ts')).addTokens],
  [['predict'], async () => (await import('./predict.ts')).addPredict],
  [['evaluate'], async () => (await import('./evaluate.ts')).addEvaluate],
  [['doctor'], async () => (await import('./doctor.ts')).addDoctor],
  [['export'], async () => (await import('./export.ts')).addExport],
  [['import'], async () => (await import('./import.ts')).addImport],
  [['config'], async () => (await import('./config.ts')).addConfig],
  [['completion'], async () => (await import('./completion.ts')).addCompletion]
]

/** The whole command line, or as much of it as these words need. */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
  const program = new Command('starling')
    .description('Train one model across many owners of data: peer to peer, no server, data stays where it is.')
    .version(VERSION)
    .option('--debug', 'show stack traces')
    .showHelpAfterError('(see --help)')
    .exitOverride()
  for (const add of await Promise.all(neededBy(words).map(([, load]) => load()))) add(program)
  acceptSettings(program)
  for (const command of program.commands) command.exitOverride()
  return program
}

/** All, unless the words name a verb that is known: help and advice after a typing error take the whole list. */
function neededBy(words: readonly string[]): typeof VERBS {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) return []
  const verb = words.find((word) => !word.startsWith('-'))
  const needed = VERBS.filter(([verbs]) => verb !== undefined && verbs.includes(verb))
  return needed.length > 0 ? needed : VERBS
}

export async function runCommand(argv: readonly string[]): Promise<void> {
  const program = await createProgram(argv.slice(2))
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else if (error instanceof ExitError) process.exitCode = error.exitCode
    else process.exitCode = reportError(error, program.opts<{ debug?: boolean }>().debug === true)
  }
}
