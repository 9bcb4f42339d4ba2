import type { EngineKind } from '../training/index.ts'
import type { AttackName } from './attacks/attack-names.ts'
import type { WaitRuleName } from './controls/index.ts'
import type { Partition } from './partition.ts'
import type { RunOptions } from './simulated-run.ts'

/** A run, and what happens to its peers. */
export interface SimulationOptions extends RunOptions {
  readonly engine: EngineKind
  /** Who is linked with whom at the beginning; random with k neighbours each by default. */
  readonly topology?: string
  /** Link delay one way, in units of one training time. */
  readonly delay: number
  /** Training times of the peers, in units of one training time: uniform between these. */
  readonly speeds: readonly [low: number, high: number]
  /** A share of the peers that is slower than that by a factor. */
  readonly stragglers?: { readonly share: number; readonly factor: number }
  /** Share of deltas, requests and answers that are lost, in [0, 1). */
  readonly loss: number
  /** What a peer's uplink carries, in bytes a second. */
  readonly bandwidth?: number
  /** Share of the peers that end after each of the first `churnRounds` rounds, 5 by default. */
  readonly churn?: number
  readonly churnRounds?: number
  /** Instead of crashing for good they are back so many rounds later. */
  readonly churnAway?: number
  /** So many of the peers begin only after round `lateAt`. */
  readonly late?: number
  readonly lateAt?: number
  readonly partition?: Partition
  /** False for a control: deltas are added to whatever copy is held. */
  readonly repair: boolean
  readonly wait: WaitRuleName
  /** What so many of the peers, drawn at random, do instead of taking part honestly. */
  readonly attack?: AttackName
  readonly attackers?: number
}
