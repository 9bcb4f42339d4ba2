/** How far peers are from each other. */
export interface Disagreement {
  /** Mean of all models, shape [dimension]. */
  readonly mean: Float64Array
  /** `V = sum_i |phi_i - mean|^2` */
  readonly squares: number
}

/** Mean and V of models of one length, in float64; twice through the models, because V is a small difference late on. */
export function disagreementOf(models: readonly Float32Array[]): Disagreement {
  const mean = new Float64Array(models[0]?.length ?? 0)
  for (const model of models) for (let i = 0; i < mean.length; i++) mean[i]! += model[i]!
  for (let i = 0; i < mean.length; i++) mean[i]! /= models.length
  let squares = 0
  for (const model of models) for (let i = 0; i < mean.length; i++) squares += (model[i]! - mean[i]!) ** 2
  return { mean, squares }
}

/** How far the mean has moved, in standard deviations of the models at the start. */
export function meanDrift(before: Disagreement, now: Disagreement, peers: number): number {
  const moved = before.mean.reduce((sum, x, i) => sum + (now.mean[i]! - x) ** 2, 0)
  return Math.sqrt(moved / (before.squares / peers))
}
