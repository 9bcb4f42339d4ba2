import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeOnnx, encodeOnnx, type OnnxGraph } from '../../../../storage/formats/index.ts'
import { modelProto } from '../../../../storage/formats/onnx-schema.ts'

const RUNS = { seed: 20261125, numRuns: 200 }

const GRAPH: OnnxGraph = {
  name: 'g',
  description: 'd',
  inputs: [{ name: 'x', element: 'float', shape: ['rows', 2] }],
  outputs: [{ name: 'y', element: 'float', shape: ['rows', 1] }],
  nodes: [
    { name: 'n', operator: 'MatMul', inputs: ['x', 'w'], outputs: ['m'] },
    { name: 'f', operator: 'Flatten', inputs: ['m'], outputs: ['y'], attributes: { axis: { int: 1 } } }
  ],
  constants: [{ name: 'w', shape: [2, 1], data: Float32Array.of(1, -2) }]
}

/** What the package `onnx` 1.23.2 writes of this graph, by its helpers `make_node`, `make_graph` and `make_model`. */
const REFERENCE =
  '08081208737461726c696e673a84010a140a01780a017712016d1a016e22064d61744d756c0a1f0a016d1201791a01662207466c617474656e2a' +
  '0b0a04617869731801a001021201672a130802080110014201774a080000803f000000c05201645a170a017812120a100801120c0a061204726f' +
  '77730a02080262170a017912120a100801120c0a061204726f77730a02080142021011420e0a0a61692e6f6e6e782e6d6c100372060a016b1201' +
  '76'

test('writes the bytes that the reference implementation writes', () => {
  assert.equal(Buffer.from(encodeOnnx(GRAPH, { k: 'v' })).toString('hex'), REFERENCE)
})

test('reads float32 constants and metadata back, bit for bit', () => {
  const constant = fc
    .record({ name: fc.string({ unit: 'grapheme' }), shape: fc.array(fc.nat(4), { maxLength: 3 }) })
    .chain(({ name, shape }) => {
      const length = shape.reduce((size, side) => size * side, 1)
      return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ name, shape, data }))
    })
  const metadata = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
    noNullPrototype: true
  })
  fc.assert(
    fc.property(fc.array(constant, { maxLength: 4 }), metadata, (constants, texts) => {
      const read = decodeOnnx(encodeOnnx({ ...GRAPH, constants }, texts))
      assert.deepEqual(read.metadata, texts)
      assert.deepEqual(
        read.tensors.map(({ data, ...rest }) => ({ ...rest, bytes: Buffer.from(data.slice().buffer).toString('hex') })),
        constants.map(({ data, ...rest }) => ({ ...rest, bytes: Buffer.from(data.slice().buffer).toString('hex') }))
      )
    }),
    RUNS
  )
})

test('leaves out constants that are no float32', () => {
  const constants = [
    { name: 'wide', shape: [1], data: Float64Array.of(0.1) },
    { name: 'whole', shape: [1], data: BigInt64Array.of(-1n) },
    { name: 'text', shape: [1], data: ['ä'] }
  ]
  assert.deepEqual(decodeOnnx(encodeOnnx({ ...GRAPH, constants }, {})).tensors, [])
})

function fileWith(initializer: object): Uint8Array {
  return modelProto.encode({ graph: { name: 'g', initializer: [initializer] } }).finish()
}

const float = { name: 'w', dataType: 1, dims: [2], rawData: new Uint8Array(8) }

const REFUSED: readonly [what: string, bytes: Uint8Array, message: RegExp][] = [
  ['a file of nothing', new Uint8Array(), /has no graph/],
  ['a file that is cut short', encodeOnnx(GRAPH, {}).subarray(0, 80), /cut short/],
  ['text', new TextEncoder().encode('hello'), /cut short or no ONNX file/],
  ['a constant of more values than it has', fileWith({ ...float, dims: [2 ** 40, 2 ** 40] }), /has 2 values/],
  ['a constant of fewer values', fileWith({ ...float, dims: [1] }), /has 2 values/],
  ['a constant with a side below zero', fileWith({ ...float, dims: [-1, -2] }), /has 2 values/],
  ['half a value', fileWith({ ...float, rawData: new Uint8Array(7) }), /7 bytes, which are no whole/],
  ['a constant in another file', fileWith({ ...float, dataLocation: 1 }), /a file of its own/]
]

for (const [what, bytes, message] of REFUSED) {
  test(`refuses ${what}`, () => assert.throws(() => decodeOnnx(bytes), { code: 'ERR_ONNX', message }))
}

test('reads constants that are written value by value, as some exporters do', () => {
  const { tensors } = decodeOnnx(fileWith({ name: 'w', dataType: 1, dims: [3], floatData: [1, 2, 3] }))
  assert.deepEqual(tensors, [{ name: 'w', shape: [3], data: Float32Array.of(1, 2, 3) }])
})
