import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  buildTopology,
  createTensorFlowTrainer,
  initialWeights,
  parseTopology,
  startEngine
} from '../../../../../node/training/index.ts'
import { DittoTrainer } from '../../../../../node/vectors/personal/index.ts'
import { blobs } from '../../training/blobs.ts'
import { assertCloseTo } from '../../training/close-to.ts'
import { QuadraticTrainer } from './quadratic-trainer.ts'

/** What the peer's rows would have a model be, and the common model. */
const TARGET = [1, -2, 3]
const PHI = Float32Array.of(0.5, 0.5, 0.5)
const RATE = 0.2

function ditto(lambda: number) {
  const common = new QuadraticTrainer(TARGET)
  const own = new QuadraticTrainer(TARGET)
  return { trainer: new DittoTrainer({ common, own, lambda }), common, own }
}

/** Rounds from the same common model each. */
async function play(trainer: DittoTrainer, rounds: number, steps: number): Promise<Float32Array> {
  for (let round = 0; round < rounds; round++) await trainer.train(PHI.slice(), steps, { learningRate: RATE })
  return trainer.personalModel(PHI)
}

suite('Ditto', () => {
  test('steps as its formula says, from the common model of the first round on', async () => {
    const { trainer } = ditto(0.5)
    const step = (v: number, i: number) => v - RATE * (v - TARGET[i]! + 0.5 * (v - PHI[i]!))
    assert.deepEqual(trainer.personalModel(PHI), PHI)
    assertCloseTo(await play(trainer, 1, 2), PHI.map(step).map(step), 1e-6)
  })

  test('settles where own rows and pull balance, and without a pull at what the rows say (control)', async () => {
    const balance = (lambda: number) => PHI.map((phi, i) => (TARGET[i]! + lambda * phi) / (1 + lambda))
    for (const lambda of [0.1, 1, 4]) assertCloseTo(await play(ditto(lambda).trainer, 60, 8), balance(lambda), 1e-6)
    const free = await play(ditto(0).trainer, 60, 8)
    assertCloseTo(free, Float32Array.from(TARGET), 1e-6)
    assert.throws(() => assertCloseTo(free, balance(0.1), 1e-2))
  })

  test('trains the common model to the bit as without it; one order of rows for both would not (control)', async () => {
    const engine = await startEngine('cpu')
    const topology = parseTopology(buildTopology('mlp:5', 6, 3))
    const setup = { topology, training: blobs(40, 6, 3, 1), batch: 7, learningRate: 0.1, engine } as const
    const create = () => createTensorFlowTrainer({ ...setup, optimiser: 'momentum', momentum: 0.9 })
    const rounds = async (trainer: Pick<DittoTrainer, 'train'>) => {
      const phi = initialWeights(topology, 1)
      for (let round = 0; round < 3; round++) await trainer.train(phi, 4, { seed: 2 })
      return phi
    }
    const without = await rounds(create())
    assert.deepEqual(await rounds(new DittoTrainer({ common: create(), own: create(), lambda: 0.1 })), without)
    const shared = create()
    assert.notDeepEqual(await rounds(new DittoTrainer({ common: shared, own: shared, lambda: 0.1 })), without)
  })

  test('begins again from the common model when it diverges, and lets that one go on', async () => {
    const { trainer, own } = ditto(0.1)
    own.divergences = 1
    const z = PHI.slice()
    const { ms } = await trainer.train(z, 1, { learningRate: RATE })
    assert.equal(ms, 5)
    assertCloseTo(
      z,
      PHI.map((v, i) => v - RATE * (v - TARGET[i]!)),
      1e-6
    )
    assert.deepEqual(trainer.personalModel(z), PHI)
    assert.equal((await trainer.train(z, 1, { learningRate: RATE })).ms, 10)
  })

  test('leaves it to the caller when the common model diverges, and does not follow it', async () => {
    const { trainer, common } = ditto(0.1)
    const before = await play(trainer, 2, 3)
    common.divergences = 1
    await assert.rejects(trainer.train(PHI.slice(), 3), { code: 'ERR_TRAINING_DIVERGED' })
    assert.deepEqual(trainer.personalModel(PHI), before)
  })

  test('goes on with the model of an earlier start', async () => {
    const first = ditto(0.1).trainer
    const saved = await play(first, 3, 4)
    const second = ditto(0.1).trainer
    second.restore(saved)
    assert.deepEqual(await play(second, 2, 4), await play(first, 2, 4))
  })
})
