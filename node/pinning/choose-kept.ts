import type { PinningPolicy } from './policy.ts'

/** A checkpoint that could be kept. */
export interface Candidate {
  readonly run: string
  readonly round: number
  /** Rank within its run: the larger the newer. Milliseconds since 1970. */
  readonly createdAt: number
  /** What dropping it frees. */
  readonly bytes: number
}

/** A run that is followed, and its policy. */
export type Policies = ReadonlyMap<string, PinningPolicy>

export interface Choice<T extends Candidate> {
  readonly kept: readonly T[]
  /** What the policy of its run does not ask for. */
  readonly byPolicy: readonly T[]
  /** What the policy asks for and there is no room for. */
  readonly byQuota: readonly T[]
}

/**
 * Chooses which checkpoints of the followed runs to keep. Of every run its newest stays, whatever the quota; further ones
 * as its policy says and as `room` bytes last, the newest first, run by run in turn: no run drives out another's. One that
 * does not fit ends its run's list: nothing older is kept instead of something newer. Checkpoints of other runs are not
 * looked at and should not be among the candidates.
 */
export function chooseKept<T extends Candidate>(candidates: readonly T[], policies: Policies, room: number): Choice<T> {
  const byPolicy: T[] = []
  const rows: T[][] = []
  for (const [run, policy] of policies) {
    const ofRun = candidates.filter((candidate) => candidate.run === run).sort(newestFirst)
    const wanted = new Set(wantedBy(policy, ofRun))
    byPolicy.push(...ofRun.filter((candidate) => !wanted.has(candidate)))
    rows.push([...wanted])
  }
  return { ...withinRoom(rows, room), byPolicy }
}

/** What a policy asks for, of one run's checkpoints with the newest first. */
function wantedBy<T extends Candidate>(policy: PinningPolicy, ofRun: readonly T[]): T[] {
  switch (policy.type) {
    case 'all':
      return [...ofRun]
    case 'latest':
      return ofRun.slice(0, 1)
    case 'last':
      return ofRun.slice(0, policy.count)
    case 'every':
      return firstOfEach(policy.rounds, ofRun)
  }
}

/** The newest, and the oldest of every span of so many rounds: what was once chosen stays when later ones come. */
function firstOfEach<T extends Candidate>(rounds: number, ofRun: readonly T[]): T[] {
  const span = ({ round }: T) => Math.floor(round / rounds)
  const oldest = new Map(ofRun.map((candidate) => [span(candidate), candidate]))
  return ofRun.filter((candidate, i) => i === 0 || oldest.get(span(candidate)) === candidate)
}

function withinRoom<T extends Candidate>(rows: readonly (readonly T[])[], room: number) {
  const kept: T[] = []
  const byQuota: T[] = []
  const full = new Set<number>()
  let left = room
  const longest = Math.max(0, ...rows.map(({ length }) => length))
  for (let rank = 0; rank < longest; rank++) {
    for (const [i, row] of rows.entries()) {
      const candidate = row[rank]
      if (candidate === undefined) continue
      const fits = !full.has(i) && candidate.bytes <= left
      if (!fits) full.add(i)
      if (!fits && rank > 0) byQuota.push(candidate)
      else {
        kept.push(candidate)
        left -= candidate.bytes
      }
    }
  }
  return { kept, byQuota }
}

export function newestFirst(a: Candidate, b: Candidate): number {
  return b.createdAt - a.createdAt || b.round - a.round
}
