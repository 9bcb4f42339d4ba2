import { median } from './median.ts'

/** A peer's drift counts at least half and at most twice as much as that of the median peer (ALGORITHMS 1). */
const DRIFT_WEIGHT_RANGE = [1 / 2, 2] as const

/**
 * Factor on a peer's drift from its number of rows: `clamp(n / median n over links, 1/2, 2)`.
 * 1 where no neighbour publishes its sample count.
 */
export function driftWeight(samples: number, neighbourSamples: readonly number[]): number {
  const middle = median(neighbourSamples)
  if (middle === undefined || middle <= 0) return 1
  const [lowest, highest] = DRIFT_WEIGHT_RANGE
  return Math.min(highest, Math.max(lowest, samples / middle))
}
