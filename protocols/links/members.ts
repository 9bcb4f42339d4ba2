import type { Member } from './messages.ts'
import { MAX_NAMED_MEMBERS } from './messages.ts'

/** Peers of a run that one peer remembers: each costs about a kilobyte, and a stranger can name as many as it likes. */
const MAX_MEMBERS = 1024

/** Failed dials and refusals keep a member from being asked again: 1 s, doubled each time, at most a minute. */
const FIRST_BACKOFF_MS = 1000
const LONGEST_BACKOFF_MS = 60_000

interface KnownMember {
  readonly id: string
  member: Member
  failures: number
  notBefore: number
  /** False once it has said that it has no data. */
  isTrainer: boolean
  /** True once a link to it stood. */
  hasLinked: boolean
}

/** Who else is in the run, as far as this peer has heard: from the invite, refusals, beacons and callers. */
export class Members {
  readonly #known = new Map<string, KnownMember>()
  readonly #self: string

  constructor(self: string) {
    this.#self = self
  }

  /** Members that may have data: all but those that said no. */
  get trainerCount(): number {
    return [...this.#known.values()].filter(({ isTrainer }) => isTrainer).length
  }

  /** Adds or refreshes a member by its own word. When the table is full, the one heard of longest ago leaves. */
  add(id: string, member: Member): void {
    if (id === this.#self) return
    const known = this.#known.get(id)
    this.#known.delete(id)
    this.#known.set(
      id,
      known === undefined
        ? { id, member, failures: 0, notBefore: 0, isTrainer: true, hasLinked: false }
        : { ...known, member }
    )
    if (this.#known.size > MAX_MEMBERS) this.#known.delete(this.#leastKnown())
  }

  /** Adds a member that somebody else has named: of one that is known, others cannot change the addresses. */
  addHearsay(id: string, member: Member): void {
    if (!this.#known.has(id)) this.add(id, member)
  }

  /** Who was heard of longest ago and never linked to: names are made up faster than links. */
  #leastKnown(): string {
    const stranger = this.#known.values().find(({ hasLinked }) => !hasLinked)
    return stranger?.id ?? this.#known.keys().next().value!
  }

  /** Members that may be asked at `now`, in the order of `random` (a number in [0, 1) each call). */
  candidates(now: number, isTaken: (id: string) => boolean, random: () => number): { id: string; member: Member }[] {
    return [...this.#known.values()]
      .filter(({ id, notBefore }) => notBefore <= now && !isTaken(id))
      .map((known) => ({ known, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ known }) => known)
  }

  /** All members, those first to which a link stood: who is to be remembered. */
  known(): Member[] {
    const all = [...this.#known.values()].reverse()
    return [...all.filter(({ hasLinked }) => hasLinked), ...all.filter(({ hasLinked }) => !hasLinked)].map(
      ({ member }) => member
    )
  }

  /** Members to name to a caller. */
  sample(random: () => number, except: string): Member[] {
    return this.candidates(Number.POSITIVE_INFINITY, (id) => id === except, random)
      .slice(0, MAX_NAMED_MEMBERS)
      .map(({ member }) => member)
  }

  /** Forgets all failures: they were this peer's own, which stood still or was elsewhere. */
  forgive(): void {
    for (const known of this.#known.values()) {
      known.failures = 0
      known.notBefore = 0
    }
  }

  notTrainer(id: string): void {
    const known = this.#known.get(id)
    if (known !== undefined) known.isTrainer = false
  }

  failed(id: string, now: number): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    known.notBefore = now + Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** known.failures)
    known.failures += 1
  }

  succeeded(id: string): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    known.failures = 0
    known.hasLinked = true
  }
}
