import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from 'uint8arrays/concat'
import { encodeTfjs, MAX_SHARD_BYTES } from '../../../../storage/formats/index.ts'

const kernel = { name: 'dense_1/kernel', shape: [1025, 1024], data: new Float32Array(1025 * 1024).map((_, at) => at) }
const bias = { name: 'dense_1/bias', shape: [1024], data: new Float32Array(1024).fill(-1) }
const model = { modelTopology: { class_name: 'Sequential' }, tensors: [kernel, bias], userDefinedMetadata: { a: 1 } }

test('cuts weights into shards of at most 4 MiB, which the model.json names in their order', () => {
  const files = encodeTfjs(model, 'birds.json')
  assert.deepEqual(
    files.map(({ name }) => name),
    ['birds-shard1of2.bin', 'birds-shard2of2.bin', 'birds.json']
  )
  assert.equal(MAX_SHARD_BYTES, 4 * 1024 * 1024)
  assert.deepEqual(
    files.slice(0, 2).map(({ bytes }) => bytes.length),
    [MAX_SHARD_BYTES, 8192]
  )
  const json = JSON.parse(new TextDecoder().decode(files[2]!.bytes))
  assert.deepEqual(json.weightsManifest, [
    {
      paths: ['birds-shard1of2.bin', 'birds-shard2of2.bin'],
      weights: [
        { name: 'dense_1/kernel', shape: [1025, 1024], dtype: 'float32' },
        { name: 'dense_1/bias', shape: [1024], dtype: 'float32' }
      ]
    }
  ])
  assert.deepEqual([json.format, json.userDefinedMetadata], ['layers-model', { a: 1 }])
  const joined = concat(files.slice(0, 2).map(({ bytes }) => bytes))
  const expected = concat([kernel, bias].map(({ data }) => new Uint8Array(data.buffer)))
  assert.ok(Buffer.from(joined).equals(expected))
})

test('names a shard even where there is no weight', () => {
  const files = encodeTfjs({ ...model, tensors: [] }, 'model.json')
  assert.deepEqual(
    files.map(({ name, bytes }) => [name, bytes.length > 0]),
    [
      ['model-shard1of1.bin', false],
      ['model.json', true]
    ]
  )
})
