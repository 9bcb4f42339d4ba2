/** A run as an error names it. */
interface NamedRun {
  readonly id: string
  readonly name: string | undefined
}

function listed(runs: readonly NamedRun[]): string {
  return runs.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`)).join(', ')
}

/** The peer is in the run already. */
export class AlreadyInRunError extends Error {
  override readonly name = 'AlreadyInRunError'
  readonly code = 'ERR_ALREADY_IN_RUN'
  readonly statusCode = 409

  constructor(id: string, name: string | undefined, home: string) {
    super(
      `the peer that runs in ${home} is in run ${listed([{ id, name }])} already: see \`starling status\`, ` +
        'or `starling leave` it first'
    )
  }
}

/** The peer's last run is over or being left: the process ends. */
export class PeerStoppingError extends Error {
  override readonly name = 'PeerStoppingError'
  readonly code = 'ERR_PEER_STOPPING'
  readonly statusCode = 503

  constructor(home: string) {
    super(`the peer that runs in ${home} is stopping: try again in a moment`)
  }
}

/** No run that is under way here is called that. */
export class UnknownRunError extends Error {
  override readonly name = 'UnknownRunError'
  readonly code = 'ERR_UNKNOWN_RUN'
  readonly statusCode = 404

  constructor(name: string | undefined, runs: readonly NamedRun[]) {
    super(
      runs.length === 0
        ? 'this peer is in no run any more'
        : `this peer is in no run called ${name}: it is in ${listed(runs)}`
    )
  }
}

/** Several runs could be meant. */
export class AmbiguousRunError extends Error {
  override readonly name = 'AmbiguousRunError'
  readonly code = 'ERR_AMBIGUOUS_RUN'
  readonly statusCode = 409

  constructor(runs: readonly NamedRun[]) {
    super(`${runs.length} runs could be meant, choose one with --run and its id or name: ${listed(runs)}`)
  }
}

/** All rounds of the run are played. */
export class RunEndingError extends Error {
  override readonly name = 'RunEndingError'
  readonly code = 'ERR_RUN_ENDING'
  readonly statusCode = 409

  constructor(run: NamedRun, state: string) {
    super(`run ${listed([run])} is ${state}: no round is left to pause`)
  }
}

/** The command does not apply to a run without data. */
export class NotTrainingError extends Error {
  override readonly name = 'NotTrainingError'
  readonly code = 'ERR_NOT_TRAINING'
  readonly statusCode = 409

  constructor(what: string) {
    super(`this peer has no data and does not train: there is nothing to ${what}`)
  }
}
