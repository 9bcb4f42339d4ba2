import { finiteTimeRounds, type MixingRound } from '../../../protocols/averaging/index.ts'
import { linksOf, type Mixing } from './links.ts'

/**
 * The rounds of the base-(k+1) graph, over and over: exact after each time through, for any number of peers.
 * `base`: k + 1, at least 2; a peer has at most `base - 1` links in a round.
 */
export function baseGraph(peers: number, base: number): (round: number) => Mixing {
  const rounds = finiteTimeRounds(peers, base - 1).map((links) => mixingOf(peers, links))
  return (round) => rounds[round % rounds.length]!
}

function mixingOf(peers: number, links: MixingRound): Mixing {
  const receivers = Uint32Array.from(links.flatMap(({ one, other }) => [one, other]))
  // Sorted as numbers of directed links, so that each finds its sender and its weight: link 2 i ends at `one`.
  const { offsets, senders: order } = linksOf(
    peers,
    receivers,
    receivers.map((_, directed) => directed)
  )
  return {
    offsets,
    senders: order.map((directed) => receivers[directed ^ 1]!),
    weights: Float64Array.from(order, (directed) => links[directed >> 1]!.weight)
  }
}
