import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  buildTopology,
  createTensorFlowTrainer,
  initialWeights,
  parseTopology,
  SharedPart,
  startEngine,
  type Trainer
} from '../../../../../node/training/index.ts'
import { LocalVectors } from '../../../../../node/vectors/index.ts'
import { LocalHeadTrainer } from '../../../../../node/vectors/personal/index.ts'
import { createRandom } from '../../../../../protocols/averaging/index.ts'
import { blobs } from '../../training/blobs.ts'
import { QuadraticTrainer } from './quadratic-trainer.ts'

const topology = parseTopology(buildTopology('mlp:5', 6, 3))
const shared = new SharedPart(topology, ['dense_2'])
const initial = initialWeights(topology, 1)
const engine = await startEngine('cpu')

const SHARED = 6 * 5 + 5
const WHOLE = SHARED + 5 * 3 + 3
const ROUND = { steps: 3, learningRateFactor: 1, driftWeight: 1, withMomentum: true }

function createWhole(seed = 1) {
  const training = blobs(40, 6, 3, seed)
  return createTensorFlowTrainer({ topology, training, batch: 7, learningRate: 0.1, optimiser: 'sgd', engine })
}

const withLocalHead = () => new LocalHeadTrainer({ whole: createWhole(), shared, initial })

/** Vectors that publish float32, so that a payload is the increments themselves. */
function createVectors(trainer: Trainer, start: Float32Array): LocalVectors {
  const rules = { codec: 'f32', mu: 0.9, kappa: 0.5, beta: 0.5, gamma: 1 } as const
  return new LocalVectors({ trainer, rules, learningRate: 0.1, seed: 1, initial: start, random: createRandom(1) })
}

/** Adds up the payloads of some rounds as any receiver does. */
async function published(vectors: LocalVectors, from: Float32Array): Promise<Float32Array> {
  const copy = from.slice()
  await vectors.start({ from: 'initial' })
  for (let round = 0; round < 4; round++) {
    const outcome = await vectors.round(ROUND)
    assert.ok(outcome.type === 'published')
    const increments = new Float32Array(outcome.payload.slice().buffer)
    assert.equal(increments.length, copy.length)
    for (const [i, increment] of increments.entries()) copy[i]! += increment
    await vectors.mix([])
  }
  return copy
}

suite('local layers', () => {
  test('are in no delta: payloads are as long as the rest of the model, and lead to it', async () => {
    const trainer = withLocalHead()
    const start = shared.take(initial)
    const vectors = createVectors(trainer, start)
    const copy = await published(vectors, start)
    assert.deepEqual([copy.length, trainer.parameterCount], [SHARED, SHARED])
    const own = trainer.personalModel(vectors.model)
    assert.equal(own.length, WHOLE)
    // The head has learnt, and nothing of it is in the copy that everybody can rebuild.
    const head = own.subarray(SHARED)
    assert.notDeepEqual(head, initial.subarray(SHARED))
    const isLocal = (value: number) => value !== 0 && head.includes(value)
    assert.equal(copy.findIndex(isLocal), -1)
    // Control: vectors that know the whole model publish the head.
    const whole = await published(createVectors(createWhole(), initial), initial)
    assert.equal(whole.length, WHOLE)
    assert.notDeepEqual(whole.subarray(SHARED), initial.subarray(SHARED))
  })

  test('move nothing of what is published but through training: other heads, other deltas; the same, the same', async () => {
    const start = shared.take(initial)
    const otherHead = initial.map((value, i) => (i < SHARED ? value : value + 1))
    const publishedWith = (head: Float32Array) =>
      published(createVectors(new LocalHeadTrainer({ whole: createWhole(), shared, initial: head }), start), start)
    assert.deepEqual(await publishedWith(initial), await publishedWith(initial))
    assert.notDeepEqual(await publishedWith(initial), await publishedWith(otherHead))
  })

  test('are trained with the others as one model', async () => {
    const whole = initial.slice()
    await createWhole().train(whole, 9, { seed: 3 })
    const trainer = withLocalHead()
    const seen = shared.take(initial)
    await trainer.train(seen, 9, { seed: 3 })
    assert.deepEqual(seen, shared.take(whole))
    assert.deepEqual(trainer.personalModel(seen), whole)
  })

  test('stay what they are when the others are replaced, and measure any shared vector', async () => {
    const trainer = withLocalHead()
    const seen = shared.take(initial)
    await trainer.train(seen, 9)
    const head = trainer.personalModel(seen).subarray(SHARED)
    const mixed = seen.map((value) => value / 2)
    const model = trainer.personalModel(mixed)
    assert.deepEqual(model.subarray(SHARED), head)
    assert.deepEqual(model.subarray(0, SHARED), mixed)
    assert.deepEqual(await trainer.evaluate(mixed, 'training'), await trainer.whole.evaluate(model, 'training'))
  })

  test('are what they were before a round that diverged', async () => {
    const quadratic = new QuadraticTrainer(Array.from({ length: WHOLE }, () => 1))
    const trainer = new LocalHeadTrainer({ whole: quadratic, shared, initial })
    const seen = shared.take(initial)
    await trainer.train(seen, 1)
    const before = trainer.personalModel(seen).subarray(SHARED)
    quadratic.divergences = 1
    await assert.rejects(trainer.train(seen, 1), { code: 'ERR_TRAINING_DIVERGED' })
    assert.deepEqual(trainer.personalModel(seen).subarray(SHARED), before)
  })

  test('are not corrected for the drift of others, who have none of them', async () => {
    const quadratic = new QuadraticTrainer(Array.from({ length: WHOLE }, () => 0))
    const trainer = new LocalHeadTrainer({ whole: quadratic, shared, initial: new Float32Array(WHOLE) })
    const seen = new Float32Array(SHARED)
    await trainer.train(seen, 1, { learningRate: 1, correction: new Float32Array(SHARED).fill(-2) })
    assert.deepEqual(seen, new Float32Array(SHARED).fill(2))
    assert.deepEqual(trainer.personalModel(seen).subarray(SHARED), new Float32Array(WHOLE - SHARED))
  })
})
