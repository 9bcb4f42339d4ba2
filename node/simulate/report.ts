import type { Measure } from '../training/quality.ts'
import type { Snapshot } from './measurements.ts'

/** Accuracy whose cost is reported: what a server reaches on the digits at best (ALGORITHMS 8). */
const TARGET_ACCURACY = 0.95

interface MeanAndWorst {
  readonly mean: number
  readonly worst: number
}

interface Bytes {
  readonly payload: number
  readonly received: number
}

/** The JSON document of one simulation. Bytes are of payloads, medians a peer. */
export interface SimulationReport {
  readonly seed: number
  readonly peers: number
  readonly rounds: number
  /** Of the peers' own models on the common held-out rows, after the closing rounds. */
  readonly accuracy?: MeanAndWorst
  /** Instead of `accuracy` where a number is predicted. */
  readonly rmse?: MeanAndWorst
  readonly bytes: Bytes & {
    /** Until the peers' mean accuracy first reached 95 %; null if it never did. */
    readonly to95: Bytes | null
  }
  /** On the virtual clock. */
  readonly virtualSeconds: number
  /** SHA-256 over all final public copies. */
  readonly copies: string
  /** On the wall. */
  readonly seconds: number
}

export interface ReportParts {
  readonly options: { readonly seed: number; readonly rounds: number }
  readonly peers: number
  readonly measure: Measure
  readonly final: Snapshot
  readonly snapshots: readonly Snapshot[]
  readonly copies: string
  readonly seconds: number
}

export function makeReport(parts: ReportParts): SimulationReport {
  const { options, peers, measure, final, snapshots, copies, seconds } = parts
  const reached = measure === 'accuracy' ? snapshots.find(({ mean }) => mean >= TARGET_ACCURACY) : undefined
  return {
    seed: options.seed,
    peers,
    rounds: options.rounds,
    [measure]: { mean: final.mean, worst: final.worst },
    bytes: { ...bytesOf(final), to95: reached === undefined ? null : bytesOf(reached) },
    virtualSeconds: final.ms / 1000,
    copies,
    seconds
  }
}

function bytesOf({ payloadBytes, receivedBytes }: Snapshot): Bytes {
  return { payload: payloadBytes, received: receivedBytes }
}
