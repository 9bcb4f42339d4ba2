import type { Random } from '../../protocols/averaging/index.ts'
import { createTopology, sendersTo, TopologySizeError } from './topologies/index.ts'

/** In a flock of up to eight everybody is linked to everybody (ALGORITHMS 1). */
const ALL_LINKED_PEERS = 8

/**
 * Who is linked with whom when peers start together: pairs of peer numbers, the smaller first. Unless a topology is named,
 * everybody has `k` neighbours at random, as a flock of real peers settles: all where there are hardly more, and one more
 * each where neither their number nor k is even. Throws TopologySpecError and TopologySizeError.
 */
export function firstLinks(
  spec: string | undefined,
  { peers, k }: { readonly peers: number; readonly k: number },
  random: Random
): (readonly [number, number])[] {
  if (peers === 1) return []
  const name = spec ?? usualTopology(peers, k)
  const topology = createTopology(name, peers, random)
  if (!topology.isStatic) throw new TopologySizeError(name, peers, 'links of peers that train stand, these change')
  const mixing = topology.mixing(0)
  return Array.from({ length: peers }, (_, a) =>
    [...sendersTo(mixing, a)].filter((b) => a < b).map((b) => [a, b] as const)
  ).flat()
}

function usualTopology(peers: number, k: number): string {
  const links = k + ((peers * k) % 2)
  return peers <= ALL_LINKED_PEERS || peers <= links + 1 ? 'complete' : `regular:${links}`
}
