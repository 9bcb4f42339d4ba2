import { median } from '../../protocols/averaging/index.ts'
import { type Measure, measured } from '../training/quality.ts'
import type { Member } from './member.ts'

/** Share of the peers whose results are told apart: those that train slowest. */
const SLOWEST_SHARE = 1 / 4

/** Accuracies, or errors in the label's own unit, of the peers' own models on the common held-out rows. */
export interface Qualities {
  readonly mean: number
  /** The least accuracy or the largest error. */
  readonly worst: number
  /** Mean of the quarter of peers that train slowest. */
  readonly slowestQuarter: number
}

/** The flock at the time when half of its peers had played `round` rounds; bytes are medians a peer. */
export interface Snapshot extends Qualities {
  /** Means of who was there from the beginning, and of who came later where somebody did. */
  readonly early: number
  readonly late?: number
  readonly round: number
  readonly ms: number
  readonly payloadBytes: number
  readonly receivedBytes: number
}

/** Measures the own model of every honest peer that has played a round, without touching virtual time. */
export async function measureFlock(
  everybody: readonly Member[],
  measure: Measure,
  at: { readonly round: number; readonly ms: number }
): Promise<Snapshot> {
  const members = everybody
    .filter(({ isHonest, rounds }) => isHonest && rounds > 0)
    .sort((a, b) => b.slowness - a.slowness)
  const values: number[] = []
  for (const { peer } of members) values.push(measured(await peer.vectors.evaluate()))
  const late = values.filter((_, i) => members[i]!.isLate)
  return {
    ...at,
    ...qualitiesOf(values, measure),
    early: mean(values.filter((_, i) => !members[i]!.isLate)),
    ...(late.length === 0 ? {} : { late: mean(late) }),
    payloadBytes: median(members.map(({ payloadBytes }) => payloadBytes)) ?? 0,
    receivedBytes: median(members.map(({ receivedBytes }) => receivedBytes)) ?? 0
  }
}

/** `values`: of each peer, the slowest first. */
export function qualitiesOf(values: readonly number[], measure: Measure): Qualities {
  const slowest = values.slice(0, Math.ceil(SLOWEST_SHARE * values.length))
  const worst = measure === 'rmse' ? Math.max(...values) : Math.min(...values)
  return { mean: mean(values), worst, slowestQuarter: mean(slowest) }
}

/** Rounds that half of the peers have behind them; who has just come counts from its first round on. */
export function flockRound(members: readonly Member[]): number {
  return Math.floor(median(members.flatMap(({ rounds }) => (rounds > 0 ? rounds : []))) ?? 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
