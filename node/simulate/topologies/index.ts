/**
 * Graphs to study averaging on: who mixes whom in each round, and with what weight.
 *
 * @example
 * ```ts
 * import { createTopology, sendersTo } from './node/simulate/topologies/index.ts'
 *
 * const topology = createTopology('regular:6', 65_536, createRandom(1))
 * sendersTo(topology.mixing(0), 7)   // the six that peer 7 hears, each with a weight of 1/7
 * ```
 */
export { createTopology } from './create-topology.ts'
export { TopologySizeError, TopologySpecError } from './errors.ts'
export { degreeOf, type Links, type Mixing, sendersTo } from './links.ts'
export { drawStronglyConnectedPushes } from './pushes.ts'
export type { Topology } from './topology.ts'
