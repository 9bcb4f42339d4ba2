import type { Random } from '../../protocols/averaging/index.ts'
import type { Flock } from './flock.ts'
import type { Member } from './member.ts'
import type { Timeline } from './timeline.ts'

export interface Churn {
  /** Share of the peers that crash after each round, and whose owners come back with new peers that know nothing. */
  readonly share: number
  /** For so many rounds. */
  readonly rounds: number
  /** After this one. */
  readonly from: number
}

/** Plans that peers crash and others come for them. What is left of a peer by the share adds up to one in the end. */
export function planChurn(timeline: Timeline, flock: Flock, { share, rounds, from }: Churn, random: Random): void {
  let due = 0
  for (let round = from; round < from + rounds; round++) {
    timeline.at(round, async () => {
      const members = flock.members.filter(({ hasEnded }) => !hasEnded)
      due += share * members.length
      const victims = draw(members, Math.min(Math.floor(due), members.length - 1), random)
      due -= victims.length
      for (const victim of victims) flock.crash(victim)
      for (const { owner } of victims) await flock.join(owner)
    })
  }
}

/** So many of them, all different. */
function draw(members: readonly Member[], count: number, random: Random): Member[] {
  const left = [...members]
  return Array.from({ length: count }, () => left.splice(Math.floor(random.next() * left.length), 1)[0]!)
}
