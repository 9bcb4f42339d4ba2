import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeDescribedSafetensors } from '../../../../storage/formats/index.ts'
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type Tensor } from '../../../../storage/index.ts'

const RUNS = { seed: 20240901, numRuns: 500 }

const tensor = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__metadata__'),
    shape: fc.array(fc.nat(4), { maxLength: 4 })
  })
  .chain(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1)
    const data = fc.float32Array({ minLength: length, maxLength: length })
    return data.map((values): Tensor => ({ name, shape, data: values }))
  })
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 })

/** A file with any header and `dataBytes` of zeros. */
function fileOf(header: unknown, dataBytes: number, headerBytes?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, headerBytes ?? BigInt(text.byteLength), true)
  bytes.set(text, 8)
  return bytes
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => {
  return { dtype, shape, data_offsets: [begin, end] }
}

test('reads back what it wrote, bit for bit, whatever the order of the tensors', () => {
  fc.assert(
    fc.property(tensors, (given) => {
      const bytes = encodeSafetensors(given)
      assert.deepEqual(encodeSafetensors(given.toReversed()), bytes)
      const byName = new Map(given.map((one) => [one.name, one]))
      const read = decodeSafetensors(bytes)
      assert.equal(read.length, given.length)
      for (const { name, shape, data } of read) {
        assert.deepEqual(shape, byName.get(name)?.shape)
        assert.deepEqual(new Uint8Array(data.buffer), new Uint8Array(byName.get(name)!.data.slice().buffer))
      }
    }),
    RUNS
  )
})

test('writes the bytes that the reference implementation writes', () => {
  const given = [
    { name: 'b', shape: [2], data: new Float32Array([1, -2]) },
    { name: '1', shape: [], data: new Float32Array([0.5]) }
  ]
  // python: safetensors.numpy.save({'b': array([1, -2], float32), '1': array(0.5, float32)})
  const header =
    '{"1":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}'
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
  const expected = Buffer.concat([
    Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(padded),
    Buffer.from('0000003f0000803f000000c0', 'hex')
  ])
  assert.equal(Buffer.from(encodeSafetensors(given)).toString('hex'), expected.toString('hex'))
})

test('reads a file from the disk, where bytes come as a Buffer that starts anywhere', () => {
  const data = new Float32Array([1, 2, 3])
  const bytes = encodeSafetensors([{ name: 'a', shape: [3], data }])
  const buffer = Buffer.alloc(bytes.byteLength + 3).subarray(3)
  buffer.set(bytes)
  assert.deepEqual(decodeSafetensors(buffer)[0]?.data, data)
})

test('sorts names by their UTF-8 bytes, not by UTF-16', () => {
  const data = new Float32Array()
  const names = ['\u{1f600}', '\uff5e'] // U+FF5E comes first in UTF-8, last in UTF-16
  const read = decodeSafetensors(encodeSafetensors(names.map((name) => ({ name, shape: [0], data }))))
  assert.deepEqual(
    read.map(({ name }) => name),
    ['\uff5e', '\u{1f600}']
  )
})

test('refuses to write what cannot be read back', () => {
  const data = new Float32Array(2)
  const one = { name: 'a', shape: [2], data }
  assert.throws(() => encodeSafetensors([one, one]), { code: 'ERR_SAFETENSORS', message: /"a" is given twice/ })
  assert.throws(() => encodeSafetensors([{ ...one, shape: [3] }]), /larger than its data/)
  assert.throws(() => encodeSafetensors([{ ...one, shape: [1] }]), /needs 1 values, has 2/)
  assert.throws(() => encodeSafetensors([{ ...one, name: '__metadata__' }]), /cannot be named/)
  assert.throws(() => encodeSafetensors([{ ...one, name: '\ud800' }]), /not valid Unicode/)
})

const REFUSED: readonly [what: string, file: Uint8Array, message: RegExp][] = [
  ['a file without a length', new Uint8Array(7), /at least 8 are needed/],
  ['a header of 2^63 bytes', fileOf('{}', 0, 2n ** 63n), /at most 1048576 are accepted/],
  ['a header beyond the end', fileOf('{}', 0, 100n), /header ends at byte 108/],
  ['a header that is a list', fileOf([], 0), /begin with \{/],
  ['a header that begins with a space', fileOf(' {}', 0), /begin with \{/],
  ['a header that is no JSON', fileOf('{"a":', 0), /not JSON/],
  ['metadata that are not text', fileOf({ __metadata__: { a: 1 } }, 0), /map of strings/],
  ['an entry that is null', fileOf({ a: null }, 0), /not an object/],
  ['another dtype', fileOf({ a: entry(0, 4, [1], 'I32') }, 4), /dtype "I32", only F32/],
  ['a gap before the first tensor', fileOf({ a: entry(4, 8) }, 8), /begins at byte 4 of the data, not at 0/],
  ['a gap between tensors', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), /not at 4/],
  ['an overlap', fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /not at 8/],
  ['data after the last tensor', fileOf({ a: entry(0, 4) }, 8), /fill 4 bytes, the data are 8/],
  ['data beyond the end', fileOf({ a: entry(0, 8) }, 4), /the data are 4 bytes/],
  ['offsets in the wrong order', fileOf({ a: entry(4, 0, [1]) }, 4), /lies at 4 to 0/],
  ['offsets that are no whole numbers', fileOf({ a: entry(0, 4.5, [1]) }, 8), /two whole numbers/],
  ['a shape that does not multiply', fileOf({ a: entry(0, 8, [3]) }, 8), /larger than its data/],
  ['a shape that is too small', fileOf({ a: entry(0, 8, [1]) }, 8), /does not fill 8 bytes/],
  ['a negative dimension', fileOf({ a: entry(0, 4, [-1, -1]) }, 4), /no whole number/],
  ['a shape that overflows', fileOf({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4), /larger than its data/],
  ['a shape of 65 dimensions', fileOf({ a: entry(0, 4, Array(65).fill(1)) }, 4), /at most 64 dimensions/]
]

for (const [what, file, message] of REFUSED) {
  test(`refuses ${what}`, () => assert.throws(() => decodeSafetensors(file), { code: 'ERR_SAFETENSORS', message }))
}

test('control: the files that are refused are one change away from one that is read', () => {
  assert.equal(decodeSafetensors(fileOf({ a: entry(0, 4), b: entry(4, 12) }, 12)).length, 2)
  assert.equal(decodeSafetensors(fileOf({ __metadata__: { a: 'text' }, a: entry(0, 4, [1, 1]) }, 4)).length, 1)
})

test('refuses a file over the limit of the caller', () => {
  const bytes = encodeSafetensors([{ name: 'a', shape: [2], data: new Float32Array(2) }])
  assert.equal(decodeSafetensors(bytes, { maxBytes: bytes.byteLength }).length, 1)
  assert.throws(() => decodeSafetensors(bytes, { maxBytes: bytes.byteLength - 1 }), /are accepted/)
})

test('throws nothing but SafetensorsError and answers with no more data than it was given', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.tuple(fc.json(), fc.nat(32)).map(([json, size]) => fileOf(json, size)),
    fc
      .tuple(tensors, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([given, changes]) => {
        const file = encodeSafetensors(given)
        for (const [at, value] of changes) file[at % file.byteLength] = value
        return file
      })
  )
  fc.assert(
    fc.property(bytes, (file) => {
      try {
        const read = decodeSafetensors(file)
        const total = read.reduce((sum, { data }) => sum + data.byteLength, 0)
        assert.ok(total <= file.byteLength)
      } catch (error) {
        assert.ok(error instanceof SafetensorsError, String(error))
      }
    }),
    { ...RUNS, numRuns: 3000 }
  )
})

test('holds free text where it is given, before the tensors, and none otherwise', () => {
  const given = [{ name: 'a', shape: [1], data: Float32Array.of(1) }]
  const described = encodeSafetensors(given, { 'a key': 'ä "text"' })
  const headerBytes = Number(new DataView(described.buffer).getBigUint64(0, true))
  const header = new TextDecoder().decode(described.subarray(8, 8 + headerBytes))
  assert.ok(header.startsWith('{"__metadata__":{"a key":"ä \\"text\\""},"a":{'), header)
  assert.deepEqual(decodeDescribedSafetensors(described), { tensors: given, metadata: { 'a key': 'ä "text"' } })
  assert.deepEqual(decodeSafetensors(described), given)
  const bare = encodeSafetensors(given)
  assert.equal(Buffer.from(bare).includes('__metadata__'), false)
  assert.deepEqual(decodeDescribedSafetensors(bare), { tensors: given, metadata: {} })
})

test('takes a long description in a file that the user names, and not from a peer', () => {
  const described = encodeSafetensors([], { text: 'x'.repeat(2 ** 20) })
  assert.equal(decodeDescribedSafetensors(described).metadata.text?.length, 2 ** 20)
  assert.throws(() => decodeSafetensors(described), { code: 'ERR_SAFETENSORS', message: /at most 1048576/ })
})
