/** The replay came to something else than the real run: where, and what. */
export class ReplayMismatchError extends Error {
  override readonly name = 'ReplayMismatchError'
  readonly code = 'ERR_REPLAY_MISMATCH'
}

/** The calls were recorded with an engine that is not here, and no other gives the same bytes. */
export class ReplayEngineError extends Error {
  override readonly name = 'ReplayEngineError'
  readonly code = 'ERR_REPLAY_ENGINE'

  constructor(peer: string, recorded: string, here: string) {
    super(`peer ${peer} was recorded with ${recorded}, here is ${here}: only the same engine gives the same bytes`)
  }
}
