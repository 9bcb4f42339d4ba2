import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  createTrainer,
  decodeTopology,
  type LossKind,
  startEngine,
  type Topology,
  UnsupportedLayerError
} from '../../../../node/training/index.ts'
import { blobs } from './blobs.ts'
import { endingIn, layer } from './layers-models.ts'

const decode = (model: unknown, loss: LossKind): Promise<Topology> =>
  decodeTopology(new TextEncoder().encode(JSON.stringify(model)), loss)

describe('the end of a model that is no plain stack', () => {
  const number = 'mean-squared-error'
  const tanh = layer('Dense', 'a', { units: 5, activation: 'tanh' })
  const end = (config: object) => layer('Dense', 'end', { units: 1, ...config })

  test('is one linear unit for a number, in a model inside the model too', async () => {
    const inner = layer('Sequential', 'inner', {
      layers: [layer('Dense', 'b', { units: 1, batch_input_shape: [null, 5] })]
    })
    for (const model of [
      endingIn(tanh, end({})),
      endingIn(tanh, end({ activation: 'linear' })),
      endingIn(tanh, inner)
    ]) {
      const topology = await decode(model, number)
      assert.ok(topology.type === 'layers-model')
      assert.deepEqual([topology.outputs, topology.loss], [1, number])
    }
  })

  test('is refused by name where the loss cannot use it', async () => {
    const inner = layer('Sequential', 'inner', {
      layers: [layer('Dense', 'b', { units: 1, activation: 'relu', batch_input_shape: [null, 5] })]
    })
    const refused: [unknown, LossKind, RegExp][] = [
      [endingIn(tanh, end({ activation: 'tanh' })), number, /"end".*activation linear/],
      [endingIn(tanh, end({ units: 3, activation: 'softmax' })), number, /"end".*activation linear/],
      [endingIn(tanh, end({}), layer('Softmax', 'soft')), number, /"soft".*activation linear/],
      [endingIn(tanh, end({}), layer('ReLU', 'cut')), number, /"cut".*activation linear/],
      [endingIn(tanh, inner), number, /"b".*activation linear/],
      [endingIn(tanh, end({ units: 2 })), number, /"end".*1 unit, not 2/],
      [endingIn(tanh, end({})), 'softmax-cross-entropy', /"end".*at least 2 units, not 1/],
      [endingIn(tanh, end({ activation: 'sigmoid', units: 2 })), 'softmax-cross-entropy', /"end".*activation softmax/]
    ]
    for (const [model, loss, message] of refused) {
      await assert.rejects(
        decode(model, loss),
        (error: Error) => error instanceof UnsupportedLayerError && message.test(error.message)
      )
    }
  })

  test('must have been read for the loss that it is trained with', async () => {
    const topology = await decode(endingIn(tanh, end({})), number)
    const init = { topology, training: blobs(40, 6, 3, 1), engine: await startEngine('cpu') }
    const step = { batch: 8, learningRate: 0.1, optimiser: 'sgd' } as const
    await assert.rejects(
      createTrainer({ ...init, ...step }),
      /loss is softmax-cross-entropy, expected the model's mean-squared-error/
    )
  })
})
