import { createHash } from 'node:crypto'
import type { RefusalReason } from '../../protocols/envelope/index.ts'
import type { Measure } from '../training/quality.ts'
import type { Qualities, Snapshot } from './measurements.ts'
import type { PersonalQualities } from './personal-qualities.ts'
import type { SimulationOptions } from './simulation-options.ts'

/** Rounds after which late joiners are compared with the others. */
const CATCH_UP_ROUNDS = 3

/** Accuracy whose cost is reported: what a server reaches on the digits at best (ALGORITHMS 8). */
const TARGET_ACCURACY = 0.95

export interface Bytes {
  readonly payload: number
  readonly received: number
}

/** The JSON document of one simulation. Bytes are of payloads, medians a peer. */
export interface SimulationReport {
  readonly seed: number
  readonly peers: number
  readonly rounds: number
  /** Of the peers' own models on the common held-out rows, after the closing rounds. */
  readonly accuracy?: Qualities
  /** Instead of `accuracy` where a number is predicted. */
  readonly rmse?: Qualities
  /** Where peers keep something to themselves: how good that is on rows like their own. */
  readonly personal?: PersonalQualities
  readonly bytes: Bytes & {
    /** Until the peers' mean accuracy first reached 95 %; null if it never did. */
    readonly to95: Bytes | null
  }
  /** Where peers joined late: what the others had reached by then, and both three rounds later. */
  readonly late?: { readonly before: number; readonly after: { readonly late: number; readonly others: number } }
  /** How often honest peers refused what reached them, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>
  /** Peers that could not go on, most of them because their models diverged for good; the others are measured. */
  readonly failed: number
  /** On the virtual clock. */
  readonly virtualSeconds: number
  /** SHA-256 over all final public copies. */
  readonly copies: string
  /** On the wall. */
  readonly seconds: number
}

export interface ReportParts {
  readonly options: Pick<SimulationOptions, 'seed' | 'rounds' | 'late' | 'lateAt'>
  readonly peers: number
  readonly measure: Measure
  readonly final: Snapshot
  readonly snapshots: readonly Snapshot[]
  readonly personal?: PersonalQualities | undefined
  readonly failed: number
  readonly refused?: ReadonlyMap<RefusalReason, number>
  /** Final public copies, in the order of their owners. */
  readonly copies: readonly (Uint8Array | Float32Array)[]
  readonly seconds: number
}

export function makeReport(parts: ReportParts): SimulationReport {
  const { options, peers, measure, final, snapshots, personal, failed, refused = new Map(), copies, seconds } = parts
  const reached = measure === 'accuracy' ? snapshots.find(({ mean }) => mean >= TARGET_ACCURACY) : undefined
  return {
    seed: options.seed,
    peers,
    rounds: options.rounds,
    [measure]: { mean: final.mean, worst: final.worst, slowestQuarter: final.slowestQuarter },
    ...(personal === undefined ? {} : { personal }),
    bytes: { ...bytesOf(final), to95: reached === undefined ? null : bytesOf(reached) },
    ...lateOf(options, snapshots),
    failed,
    refused: Object.fromEntries(refused),
    virtualSeconds: final.ms / 1000,
    copies: hashOfAll(copies),
    seconds
  }
}

function lateOf(
  { late, lateAt }: ReportParts['options'],
  snapshots: readonly Snapshot[]
): Pick<SimulationReport, 'late'> {
  if (late === undefined || lateAt === undefined) return {}
  const before = snapshots.find(({ round }) => round >= lateAt)
  const after = snapshots.find(({ round, late }) => round >= lateAt + CATCH_UP_ROUNDS && late !== undefined)
  if (before === undefined || after === undefined) return {}
  return { late: { before: before.early, after: { late: after.late!, others: after.early } } }
}

function bytesOf({ payloadBytes, receivedBytes }: Snapshot): Bytes {
  return { payload: payloadBytes, received: receivedBytes }
}

function hashOfAll(copies: readonly (Uint8Array | Float32Array)[]): string {
  const hash = createHash('sha256')
  for (const copy of copies) hash.update(copy)
  return hash.digest('hex')
}
