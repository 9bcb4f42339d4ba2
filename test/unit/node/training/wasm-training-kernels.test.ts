import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Engine, startEngine } from '../../../../node/training/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { assertCloseTo } from './close-to.ts'

const wasm = await startEngine('wasm')
const cpu = await startEngine('cpu')

function product(engine: Engine, transposeA: boolean, transposeB: boolean): Float32Array {
  const random = createRandom(1)
  const draw = (length: number) => Float32Array.from({ length }, () => 2 * random.next() - 1)
  const [rows, inner, columns] = [7, 5, 6]
  return engine.run(() => {
    const a = engine.tf.tensor2d(draw(rows * inner), transposeA ? [inner, rows] : [rows, inner])
    const b = engine.tf.tensor2d(draw(inner * columns), transposeB ? [columns, inner] : [inner, columns])
    return engine.tf.matMul(a, b, transposeA, transposeB).dataSync().slice()
  })
}

for (const [transposeA, transposeB] of [
  [false, false],
  [false, true],
  [true, false],
  [true, true]
] as const) {
  test(`multiplies as cpu does with the transpose flags ${transposeA}, ${transposeB}`, () => {
    const actual = product(wasm, transposeA, transposeB)
    assertCloseTo(actual, product(cpu, transposeA, transposeB), 1e-5)
    assert.throws(() => assertCloseTo(actual, product(cpu, !transposeA, transposeB), 1e-5))
  })
}

test('frees what it transposed', () => {
  product(wasm, true, true)
  const backend = wasm.tf.findBackend('wasm')
  const before = backend.numDataIds()
  for (let i = 0; i < 10; i++) product(wasm, true, true)
  assert.equal(backend.numDataIds(), before)
})

test('is not registered again by a second start', async () => {
  const kernel = wasm.tf.getKernel('BatchMatMul', 'wasm')
  await startEngine('wasm')
  assert.equal(wasm.tf.getKernel('BatchMatMul', 'wasm'), kernel)
})
