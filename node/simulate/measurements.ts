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
  readonly round: number
  readonly ms: number
  readonly payloadBytes: number
  readonly receivedBytes: number
}

/** Measures every honest peer's own model without touching virtual time. */
export async function measureFlock(
  everybody: readonly Member[],
  measure: Measure,
  at: { readonly round: number; readonly ms: number }
): Promise<Snapshot> {
  const members = everybody.filter(({ isHonest }) => isHonest).sort((a, b) => b.slowness - a.slowness)
  const values: number[] = []
  for (const { peer } of members) values.push(measured(await peer.vectors.evaluate()))
  return {
    ...at,
    ...qualitiesOf(values, measure),
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

/** Rounds that half of the peers have behind them. */
export function flockRound(members: readonly Member[]): number {
  return Math.floor(median(members.map(({ rounds }) => rounds)) ?? 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
