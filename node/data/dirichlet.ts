import type { Random } from '../../protocols/averaging/index.ts'
import { InvalidAlphaError } from './errors.ts'

/**
 * One draw from the symmetric Dirichlet distribution: `size` shares that are not negative and add up to 1. Small
 * `alpha` gives nearly everything to one, large `alpha` the same to all. Throws InvalidAlphaError.
 */
export function drawDirichlet(alpha: number, size: number, random: Random): Float64Array {
  if (!(alpha > 0 && Number.isFinite(alpha))) throw new InvalidAlphaError(alpha)
  const logs = Float64Array.from({ length: size }, () => drawLogGamma(alpha, random))
  const largest = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const weights = logs.map((log) => Math.exp(log - largest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/**
 * The logarithm of a Gamma(alpha, 1) variable (Marsaglia & Tsang 2000). Below 1 it is Gamma(alpha + 1) * U^(1/alpha),
 * their section 6; the logarithm is kept because that power underflows to 0 for small alpha, and then 0 / 0.
 */
function drawLogGamma(alpha: number, random: Random): number {
  if (alpha < 1) return drawLogGamma(alpha + 1, random) + Math.log(drawPositive(random)) / alpha
  const d = alpha - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = drawNormal(random)
    const v = (1 + c * x) ** 3
    // Accepts at least 95 % of draws for every alpha, so this ends.
    if (v > 0 && Math.log(drawPositive(random)) < x ** 2 / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v)
  }
}

/** Box & Muller 1958, the cosine half. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(drawPositive(random))) * Math.cos(2 * Math.PI * random.next())
}

/** On (0, 1], so that its logarithm is finite. */
function drawPositive(random: Random): number {
  return 1 - random.next()
}
