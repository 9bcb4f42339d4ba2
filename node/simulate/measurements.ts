import { median } from '../../protocols/averaging/index.ts'
import { meanAndWorst } from '../demo/report.ts'
import { type Measure, measured } from '../training/quality.ts'
import type { Member } from './flock.ts'

/** The flock at the time when half of its peers had played `round` rounds; bytes are medians a peer. */
export interface Snapshot {
  readonly round: number
  readonly ms: number
  readonly mean: number
  readonly worst: number
  readonly payloadBytes: number
  readonly receivedBytes: number
}

/** Measures the peers' own models on the common held-out rows, without touching virtual time. */
export async function measureFlock(
  members: readonly Member[],
  measure: Measure,
  at: { readonly round: number; readonly ms: number }
): Promise<Snapshot> {
  const values: number[] = []
  for (const { peer } of members) values.push(measured(await peer.vectors.evaluate()))
  return {
    ...at,
    ...meanAndWorst(values, measure),
    payloadBytes: median(members.map(({ payloadBytes }) => payloadBytes)) ?? 0,
    receivedBytes: median(members.map(({ receivedBytes }) => receivedBytes)) ?? 0
  }
}

/** Rounds that half of the peers have played. */
export function flockRound(members: readonly Member[]): number {
  return Math.floor(median(members.map(({ rounds }) => rounds)) ?? 0)
}
