import type { Random } from '../../protocols/averaging/index.ts'
import type { Flock } from './flock.ts'
import type { Member, Saved } from './member.ts'
import type { Timeline } from './timeline.ts'

export interface Churn {
  /** Share of the peers that end after each round. */
  readonly share: number
  /** For so many rounds, from the first on. */
  readonly rounds: number
  /**
   * Rounds until they are back in good order, with the copy that they saved. Without, they crash, and at once their owners
   * come back with new peers that know nothing.
   */
  readonly away?: number
}

/** Plans that peers end and come back. What is left of a peer by the share adds up to one in the end. */
export function planChurn(timeline: Timeline, flock: Flock, churn: Churn, random: Random): void {
  let due = 0
  for (let round = 1; round <= churn.rounds; round++) {
    timeline.at(round, async () => {
      const members = flock.members.filter(({ hasEnded }) => !hasEnded)
      due += churn.share * members.length
      const victims = draw(members, Math.min(Math.floor(due), members.length - 1), random)
      due -= victims.length
      if (churn.away === undefined) await replace(flock, victims)
      else for (const victim of victims) await rest(timeline, flock, victim, round + churn.away)
    })
  }
}

async function replace(flock: Flock, victims: readonly Member[]): Promise<void> {
  for (const victim of victims) flock.crash(victim)
  for (const { owner } of victims) await flock.join(owner)
}

async function rest(timeline: Timeline, flock: Flock, member: Member, until: number): Promise<void> {
  const saved: Saved = { round: member.rounds, copy: (await member.peer.vectors.ownCopy()).copy, key: member.peer.key }
  flock.crash(member)
  timeline.at(until, () => flock.join(member.owner, saved))
}

/** So many of them, all different. */
function draw(members: readonly Member[], count: number, random: Random): Member[] {
  const left = [...members]
  return Array.from({ length: count }, () => left.splice(Math.floor(random.next() * left.length), 1)[0]!)
}
