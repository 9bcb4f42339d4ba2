import type { RoundEvent } from '../participant/index.ts'
import type { Snapshot } from './measurements.ts'
import type { Member } from './member.ts'

const COLUMNS = [
  'variant',
  'seed',
  'ms',
  'peer',
  'seq',
  'round',
  'phase',
  'steps',
  'trainMs',
  'waitMs',
  'loss',
  'links',
  'mixed',
  'payloadBytes',
  'receivedBytes',
  'flockMean',
  'flockWorst'
] as const

/** A CSV with a line for each round of each peer: what it did, its bytes so far, and how good the flock last was. */
export class Trace {
  readonly #lines: string[] = [`${COLUMNS.join(',')}\n`]
  #last: Snapshot | undefined

  /** What the flock was measured at; the lines that follow repeat it. */
  measured(snapshot: Snapshot): void {
    this.#last = snapshot
  }

  add(variant: string, seed: number, member: Member, event: RoundEvent, ms: number): void {
    const values: readonly (string | number)[] = [
      `"${variant.replaceAll('"', '""')}"`,
      seed,
      ms,
      member.owner + 1,
      event.seq,
      event.round,
      event.phase,
      event.steps,
      event.trainMs,
      event.waitMs,
      event.loss ?? '',
      event.links,
      event.mixed.length,
      member.payloadBytes,
      member.receivedBytes,
      this.#last?.mean ?? '',
      this.#last?.worst ?? ''
    ]
    this.#lines.push(`${values.join(',')}\n`)
  }

  /** Begins another flock. */
  restart(): void {
    this.#last = undefined
  }

  get text(): string {
    return this.#lines.join('')
  }
}
