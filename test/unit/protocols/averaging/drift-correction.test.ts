import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom, DriftCorrection, type Random } from '../../../../protocols/averaging/index.ts'

const PEERS = 16
const LENGTH = 5
const STEPS = 5
const LEARNING_RATE = 0.02
const ROUNDS = 1500
const LOSS = 0.1
const DEGREE = 4

/** Peers in a circle, each linked with the two on either side; Metropolis weights. */
const LINKS = Array.from({ length: PEERS }, (_, i) => [1, 2].map((ahead) => [i, (i + ahead) % PEERS] as const)).flat()
const WEIGHT = 1 / (1 + DEGREE)

/** `f_i = sum over d of a_id * (x_d - b_id)^2 / 2`: every peer pulls elsewhere, and as hard as it likes. */
interface Pull {
  readonly a: Float64Array
  readonly b: Float64Array
}

function drawPulls(random: Random): Pull[] {
  const draw = (from: number, to: number) =>
    Float64Array.from({ length: LENGTH }, () => from + (to - from) * random.next())
  return Array.from({ length: PEERS }, () => ({ a: draw(0.5, 2), b: draw(-1, 1) }))
}

function optimumOf(pulls: readonly Pull[]): Float64Array {
  return Float64Array.from({ length: LENGTH }, (_, d) => {
    const strength = pulls.reduce((sum, { a }) => sum + a[d]!, 0)
    return pulls.reduce((sum, { a, b }) => sum + a[d]! * b[d]!, 0) / strength
  })
}

interface Play {
  readonly corrected: boolean
  /** Whether a link that loses what one end sent loses what the other sent too. */
  readonly symmetric: boolean
}

/** Mean over the peers of the squared distance from the optimum, after all rounds. */
function error({ corrected, symmetric }: Play): number {
  const random = createRandom(1)
  const pulls = drawPulls(random)
  let models = pulls.map(() => new Float64Array(LENGTH))
  const corrections = pulls.map(
    () => new DriftCorrection({ zeros: new Float64Array(LENGTH), steps: STEPS, learningRate: LEARNING_RATE })
  )
  for (let round = 0; round < ROUNDS; round++) {
    const trained = models.map((model, i) => train(model, pulls[i]!, corrections[i]!.correction))
    const gradients = corrections.map((each, i) => each.measure(models[i]!, trained[i]!))
    const heard: number[][] = pulls.map(() => [])
    for (const [i, j] of LINKS) {
      const isLost = random.next() < LOSS
      if (!isLost) heard[i]!.push(j)
      if (!(symmetric ? isLost : random.next() < LOSS)) heard[j]!.push(i)
    }
    models = trained.map((own, i) =>
      mix(
        own,
        heard[i]!.map((j) => trained[j]!)
      )
    )
    if (!corrected) continue
    corrections.forEach((each, i) => {
      each.correct(
        gradients[i]!,
        heard[i]!.map((j) => ({ gradient: gradients[j]!, weight: WEIGHT }))
      )
    })
  }
  const optimum = optimumOf(pulls)
  return models.reduce((sum, model) => sum + squaredDistance(model, optimum), 0) / PEERS
}

function train(model: Float64Array, { a, b }: Pull, correction: Float64Array): Float64Array<ArrayBuffer> {
  const trained = model.slice()
  for (let step = 0; step < STEPS; step++) {
    for (let d = 0; d < LENGTH; d++) trained[d]! -= LEARNING_RATE * (a[d]! * (trained[d]! - b[d]!) + correction[d]!)
  }
  return trained
}

function mix(own: Float64Array, others: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(own, (x, d) => others.reduce((sum, other) => sum + WEIGHT * (other[d]! - x), x))
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, d) => sum + (x - b[d]!) ** 2, 0)
}

suite('drift correction', () => {
  test('reaches the optimum of unlike peers to 1e-20 while a tenth of what links carry is lost for both ends', () => {
    const reached = error({ corrected: true, symmetric: true })
    assert.ok(reached <= 1e-20, `${reached}`)
  })

  test('does not where a loss hits one end only, nor do peers without it', () => {
    assert.ok(error({ corrected: true, symmetric: false }) > 1e-8)
    assert.ok(error({ corrected: false, symmetric: true }) > 1e-4)
  })

  test('gives the gradient of a single step back', () => {
    const correction = new DriftCorrection({ zeros: new Float32Array(2), steps: 1, learningRate: 0.5 })
    assert.deepEqual(correction.measure(Float32Array.of(1, 1), Float32Array.of(0.5, 2)), Float32Array.of(1, -2))
  })

  test('leaves the corrections of all peers at a sum of zero', () => {
    const create = () => new DriftCorrection({ zeros: new Float64Array(1), steps: 1, learningRate: 1 })
    const [one, two] = [create(), create()]
    const [z1, z2] = [Float64Array.of(3), Float64Array.of(-1)]
    one.correct(z1, [{ gradient: z2, weight: 0.25 }])
    two.correct(z2, [{ gradient: z1, weight: 0.25 }])
    assert.deepEqual([one.correction[0], two.correction[0]], [-1, 1])
  })
})
