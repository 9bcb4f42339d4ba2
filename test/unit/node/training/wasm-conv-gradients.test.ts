import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Engine, startEngine, type Tensor } from '../../../../node/training/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { assertCloseTo } from './close-to.ts'

/** The issue's: of |a - b| / (1 + |a|). */
const TOLERANCE = 1e-4

const wasm = await startEngine('wasm')
const cpu = await startEngine('cpu')

interface Setting {
  readonly image: readonly [number, number, number, number]
  readonly window: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly pad: 'valid' | 'same'
  readonly filters: number
  readonly seed: number
}

const side = (most: number) => fc.integer({ min: 1, max: most })
const settings: fc.Arbitrary<Setting> = fc
  .record({
    image: fc.tuple(side(4), side(13), side(13), side(4)),
    window: fc.tuple(side(5), side(5)),
    strides: fc.tuple(side(4), side(4)),
    pad: fc.constantFrom('valid' as const, 'same' as const),
    filters: side(6),
    seed: fc.nat(1_000_000)
  })
  .filter(({ image, window, pad }) => pad === 'same' || (window[0] <= image[1] && window[1] <= image[2]))
const convolutions = settings.filter(({ pad, window, strides }) => {
  return pad === 'valid' || strides.every((stride, axis) => stride <= window[axis]!)
})

type Work = (engine: Engine, setting: Setting, draw: (shape: readonly number[]) => Tensor) => Tensor

function compute(engine: Engine, setting: Setting, work: Work): Float32Array {
  const random = createRandom(setting.seed)
  return engine.run(() => {
    const draw = (shape: readonly number[]) => {
      const length = shape.reduce((size, value) => size * value, 1)
      return engine.tf.tensor(
        Float32Array.from({ length }, () => 2 * random.next() - 1),
        shape
      )
    }
    return work(engine, setting, draw).dataSync().slice()
  })
}

/** Shape of the output, as the engine says. */
function outputShape({ tf }: Engine, { image, window, strides, pad, filters }: Setting): number[] {
  const kernel = [...window, image[3], filters]
  return (tf.backend_util.computeConv2DInfo(image, kernel, strides, 1, pad, undefined) as { outShape?: number[] })
    .outShape!
}

const works: Record<string, Work> = {
  'the convolution': ({ tf }, { image, window, filters, strides, pad }, draw) =>
    tf.conv2d(draw(image), draw([...window, image[3], filters]), strides, pad),
  'the gradient of its kernel': (engine, setting, draw) => {
    const { image, window, filters, strides, pad } = setting
    const attrs = { strides, pad, dataFormat: 'NHWC', filterShape: [...window, image[3], filters] }
    const inputs = { x: draw(image), dy: draw(outputShape(engine, setting)) }
    return engine.tf.engine().runKernel('Conv2DBackpropFilter', inputs, attrs)
  },
  'the gradient of its input': (engine, setting, draw) => {
    const { image, window, filters, strides, pad } = setting
    const inputs = { dy: draw(outputShape(engine, setting)), filter: draw([...window, image[3], filters]) }
    return engine.tf
      .engine()
      .runKernel('Conv2DBackpropInput', inputs, { strides, pad, dataFormat: 'NHWC', inputShape: [...image] })
  }
}

const pools: Record<string, Work> = {
  'max pooling': ({ tf }, { image, window, strides, pad }, draw) => tf.maxPool(draw(image), window, strides, pad),
  'average pooling': ({ tf }, { image, window, strides, pad }, draw) => tf.avgPool(draw(image), window, strides, pad),
  'the gradient of max pooling': (engine, setting, draw) => poolGradient('MaxPoolGrad', engine, setting, draw),
  'the gradient of average pooling': (engine, setting, draw) => poolGradient('AvgPoolGrad', engine, setting, draw)
}

function poolGradient(kernel: string, engine: Engine, setting: Setting, draw: (shape: readonly number[]) => Tensor) {
  const { image, window, strides, pad } = setting
  const input = draw(image)
  const output = engine.tf.maxPool(input, window, strides, pad)
  const inputs = { dy: draw(output.shape), input, output }
  return engine.tf.engine().runKernel(kernel, inputs, { filterSize: window, strides, pad })
}

function assertAgrees(work: Work, arbitrary: fc.Arbitrary<Setting>): void {
  fc.assert(
    fc.property(arbitrary, (setting) => {
      assertCloseTo(compute(wasm, setting, work), compute(cpu, setting, work), TOLERANCE)
    }),
    { seed: 4, numRuns: 150 }
  )
}

function isMismatch(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof assert.AssertionError && /^value/.test(error.cause.message)
}

describe('wasm agrees with pure JavaScript over random shapes, strides and paddings about', () => {
  for (const [name, work] of Object.entries(works)) test(name, () => assertAgrees(work, convolutions))
  for (const [name, work] of Object.entries(pools)) test(name, () => assertAgrees(work, settings))

  test('nothing that is wrong: a kernel turned by 180 degrees, and steps that leave gaps in same padding', () => {
    const turned: Work = (engine, setting, draw) => {
      const gradient = works['the gradient of its kernel']!(engine, setting, draw)
      return engine === wasm ? gradient : engine.tf.engine().runKernel('Reverse', { x: gradient }, { dims: [0, 1] })
    }
    assert.throws(() => assertAgrees(turned, convolutions), isMismatch)
    const gaps = settings.filter(({ pad, window, strides }) => pad === 'same' && strides[0] > window[0])
    assert.throws(() => assertAgrees(works['the convolution']!, gaps), isMismatch)
  })
})

test('the gradients leave no data behind', () => {
  const setting: Setting = { image: [2, 7, 6, 3], window: [3, 2], strides: [1, 1], pad: 'same', filters: 4, seed: 1 }
  const all = [...Object.values(works), ...Object.values(pools)]
  const held = () => [wasm.tf.memory().numTensors, wasm.tf.findBackend('wasm').numDataIds()]
  const strided: Setting = { ...setting, strides: [2, 2] }
  for (const work of all) for (const each of [setting, strided]) compute(wasm, each, work)
  const before = held()
  for (let i = 0; i < 20; i++) for (const work of all) for (const each of [setting, strided]) compute(wasm, each, work)
  assert.deepEqual(held(), before)
})
