/** Codes of errors that the user's words caused: exit 2. All others are failures: exit 1. */
const USAGE_CODES = new Set([
  'ERR_USAGE',
  'ERR_LABEL_NEEDED',
  'ERR_INVALID_INVITE',
  'ERR_MODEL_SPEC',
  'ERR_CONFIG',
  'ERR_CONTINUOUS_LABEL',
  'ERR_CLASSES_OF_NUMBERS',
  'ERR_TOPOLOGY_SPEC',
  'ERR_TOPOLOGY_SIZE',
  'ERR_CONSENSUS_SIZE',
  'ERR_TOKEN',
  'ERR_RECORDING_EXISTS',
  'ERR_OUTPUT_ENDING',
  'ERR_INVALID_RECORDING'
])

/** Ends a command with a code and no message: it has said all there is to say. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** The words on the command line do not fit together. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'
}

/** Exit code of a command that Ctrl-C ended (128 + SIGINT). */
export const INTERRUPTED = 130

/** Prints one sentence on stderr, with the stack where asked. Returns the exit code. */
export function reportError(error: unknown, withStack: boolean): number {
  const { message, stack, code } = error as Error & { code?: string }
  process.stderr.write(`starling: ${withStack ? (stack ?? message) : message}\n`)
  return code !== undefined && USAGE_CODES.has(code) ? 2 : 1
}

/**
 * A signal that fires at the first Ctrl-C or SIGTERM, so that the command can close what it has open. A second Ctrl-C
 * ends the process at once. `dispose` gives the signals back.
 */
export function interruptSignal(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort(new ExitError(INTERRUPTED))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal)
    }
  }
}
