import type { Random } from '../../protocols/averaging/index.ts'
import type { Flock } from './flock.ts'
import type { SimulatedNetwork, Station } from './simulated-network.ts'
import type { Timeline } from './timeline.ts'

/** From one round to another two halves of the peers do not hear each other. */
export interface Partition {
  readonly from: number
  readonly to: number
}

/** Plans that all links between two halves, drawn at random, end after one round and stand again after another. */
export function planPartition(
  timeline: Timeline,
  flock: Flock,
  network: SimulatedNetwork,
  { from, to }: Partition,
  random: Random
): void {
  const cut: [Station, Station][] = []
  timeline.at(from, () => {
    const everybody: Station[] = flock.members.map(({ peer }) => peer)
    const half = new Set(shuffled(everybody, random).slice(everybody.length >> 1))
    for (const a of half) for (const b of network.neighboursOf(a)) if (!half.has(b)) cut.push([a, b])
    for (const [a, b] of cut) network.unlink(a, b)
  })
  timeline.at(to, () => {
    for (const [a, b] of cut) if (flock.member(a) !== undefined && flock.member(b) !== undefined) network.link(a, b)
  })
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  return items.map(() => left.splice(Math.floor(random.next() * left.length), 1)[0]!)
}
