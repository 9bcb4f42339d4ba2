import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runSimulation, type SimulationOptions } from '../../../../node/simulate/index.ts'
import { weighByClass } from '../../../../node/simulate/personal-qualities.ts'

const SMALL: SimulationOptions = {
  data: ['wdbc'],
  peers: 6,
  alpha: 0.1,
  model: 'mlp:4',
  rounds: 8,
  localSteps: 4,
  batch: 16,
  codec: 'int4',
  k: 4,
  seed: 7,
  engine: 'cpu',
  delay: 0.1,
  speeds: [1, 1.3],
  loss: 0,
  repair: true,
  wait: 'all'
}
const DITTO = { ...SMALL, personalise: { rule: 'ditto', lambda: 0.1 } } as const

const datasetOf = (labels: readonly number[]) => {
  const { length: count } = labels
  return { labels: Int32Array.from(labels), features: new Float32Array(count), count, featureCount: 1 }
}

suite('personal models in a simulation', () => {
  test('leave the flock as it is to the bit, and layers that are kept do not (control)', async () => {
    const plain = await runSimulation(SMALL)
    const ditto = await runSimulation(DITTO)
    // Copies are hashed over all peers: a common model that was disturbed once would show.
    assert.deepEqual([ditto.copies, ditto.bytes], [plain.copies, plain.bytes])
    assert.equal(ditto.accuracy!.mean, plain.accuracy!.mean)
    const local = await runSimulation({ ...SMALL, localLayers: ['dense_2'] })
    assert.notEqual(local.copies, plain.copies)
  })

  test('keep layers out of every payload', async () => {
    // 31 x 4 weights and biases are shared, in one block: a scale and 62 bytes of codes; the head has ten more, five bytes.
    const local = await runSimulation({ ...SMALL, localLayers: ['dense_2'] })
    assert.equal(local.bytes.payload % (4 + 62), 0)
    const plain = await runSimulation(SMALL)
    assert.equal(plain.bytes.payload % (4 + 67), 0)
    assert.notEqual(plain.bytes.payload % (4 + 62), 0)
  })

  test('are measured on rows like their own, beside the common model where there is one', async () => {
    const gain = async (lambda: number) => {
      const digits = {
        data: ['digits'],
        peers: 8,
        alpha: 0.1,
        rounds: 6,
        personalise: { rule: 'ditto', lambda }
      } as const
      const { personal } = await runSimulation({ ...SMALL, ...digits })
      const { mean, worst, global, leastGain } = personal!
      assert.ok(mean >= worst && global!.mean >= global!.worst && leastGain! <= mean - global!.mean)
      return mean - global!.mean
    }
    // A flock that has only begun serves nobody well; a model of its own does, and one tied to the common model does not.
    const [own, tied] = [await gain(0.01), await gain(9)]
    assert.ok(own > 0.15, `${own} with a model of its own`)
    assert.ok(tied < 0.15, `${tied} with one that is tied to the common model (control)`)
    const local = await runSimulation({ ...SMALL, localLayers: ['dense_2'], rounds: 3 })
    assert.deepEqual(Object.keys(local.personal!), ['mean', 'worst'])
    assert.equal((await runSimulation({ ...SMALL, rounds: 3 })).personal, undefined)
  })

  test('weigh held-out rows by class as the own rows are', () => {
    // Of the own rows a quarter are of class 0 and half of class 2; class 1 has no held-out row.
    const weights = weighByClass(datasetOf([0, 0, 2, 3]), datasetOf([0, 1, 2, 2]))
    assert.deepEqual([...weights], [1 / 6, 1 / 6, 2 / 3, 0])
  })
})
