/** The number of peers, or of parameters of all together, cannot be simulated. */
export class ConsensusSizeError extends Error {
  override readonly name = 'ConsensusSizeError'
  readonly code = 'ERR_CONSENSUS_SIZE'
}

/** Push-sum cannot be run with these options. */
export class PushSumOptionsError extends Error {
  override readonly name = 'PushSumOptionsError'
  readonly code = 'ERR_PUSH_SUM_OPTIONS'
}
