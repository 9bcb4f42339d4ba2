import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { drawDirichlet } from '../../../../node/data/dirichlet.ts'
import { createRandom, type Random } from '../../../../protocols/averaging/random.ts'

const SIZE = 4
const DRAWS = 20_000

type Sampler = (alpha: number, size: number, random: Random) => Float64Array

/** Mean and variance of the first share over many draws. */
function moments(draw: Sampler, alpha: number): { mean: number; variance: number } {
  const random = createRandom(1)
  const shares = Array.from({ length: DRAWS }, () => draw(alpha, SIZE, random)[0]!)
  const mean = shares.reduce((a, b) => a + b, 0) / DRAWS
  return { mean, variance: shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / DRAWS }
}

/** Within 5 % of (1/K)(1 - 1/K) / (K alpha + 1), the variance of a symmetric Dirichlet share. */
function hasDirichletMoments(draw: Sampler, alpha: number): boolean {
  const { mean, variance } = moments(draw, alpha)
  const expected = ((1 / SIZE) * (1 - 1 / SIZE)) / (SIZE * alpha + 1)
  return Math.abs(mean - 1 / SIZE) < 0.02 && Math.abs(variance / expected - 1) < 0.05
}

/** The control: uniform numbers divided by their sum. */
function drawNormalisedUniform(_alpha: number, size: number, random: Random): Float64Array {
  const weights = Float64Array.from({ length: size }, random.next)
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

suite('drawDirichlet', () => {
  for (const alpha of [0.1, 0.5, 1, 5]) {
    test(`has the mean and variance of a Dirichlet share at alpha ${alpha}, unlike normalised uniforms`, () => {
      assert.ok(hasDirichletMoments(drawDirichlet, alpha))
      assert.equal(hasDirichletMoments(drawNormalisedUniform, alpha), false)
    })
  }

  test('draws shares that add up to 1 even where Gamma variables would underflow', () => {
    for (const alpha of [1e-5, 1e-3, 1, 1e6]) {
      const shares = drawDirichlet(alpha, 50, createRandom(2))
      assert.ok(shares.every((share) => share >= 0))
      assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-12)
    }
  })

  test('refuses an alpha that is not positive and finite', () => {
    for (const alpha of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => drawDirichlet(alpha, 2, createRandom(1)), { code: 'ERR_INVALID_ALPHA' })
    }
  })
})
