/** The text that names a topology is none of the forms that we build. */
export class TopologySpecError extends Error {
  override readonly name = 'TopologySpecError'
  readonly code = 'ERR_TOPOLOGY_SPEC'

  constructor(spec: string, reason: string) {
    super(
      `topology ${JSON.stringify(spec)}: ${reason}. Valid are "regular", "el-oracle" and "el-local" with the links of a ` +
        'peer, for example "regular:6", "groups" with their size, for example "groups:4", "base" with its number, for example "base:2", and "ring", "path", ' +
        '"complete", "exponential" and "matching"'
    )
  }
}

/** The topology cannot be built for so many peers. */
export class TopologySizeError extends Error {
  override readonly name = 'TopologySizeError'
  readonly code = 'ERR_TOPOLOGY_SIZE'

  constructor(spec: string, peers: number, reason: string) {
    super(`topology ${JSON.stringify(spec)} of ${peers} peers: ${reason}`)
  }
}
