import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  buildTopology,
  decodeTopology,
  InvalidTopologyError,
  initialWeights,
  ModelFileError,
  ModelMismatchError,
  parseTopology,
  readOwnModel,
  requireModelFits,
  TopologyTooLargeError
} from '../../../../node/training/index.ts'
import { MODELS } from './layers-models.ts'

const model = buildTopology('mlp:4', 3, 2)
const topology = parseTopology(model)
const weights = initialWeights(topology, 9)
const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** A folder with a model.json and whatever lies beside it; the path of the model. */
async function folderWith(t: TestContext, json: unknown, files: Record<string, Uint8Array> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-model-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  const path = join(folder, 'model.json')
  await writeFile(path, typeof json === 'string' ? json : JSON.stringify(json))
  return path
}

function withManifest(changes: object): unknown {
  return { ...model, weightsManifest: [{ ...model.weightsManifest[0], ...changes }] }
}

describe('readOwnModel', () => {
  test('takes a model without weights, and drops what is not the model', async (t) => {
    const path = await folderWith(t, { ...model, userDefinedMetadata: { author: 'me' }, generatedBy: 'x' })
    const own = await readOwnModel(path)
    assert.equal(own.initial, undefined)
    assert.deepEqual(own.topology, topology)
    assert.deepEqual(await decodeTopology(own.modelJson), topology)
    assert.doesNotMatch(new TextDecoder().decode(own.modelJson), /author|generatedBy/)
  })

  test('starts from the weights that lie beside it, whatever their files and order', async (t) => {
    const whole = await readOwnModel(await folderWith(t, model, { 'weights.bin': bytesOf(weights) }))
    assert.deepEqual(whole.initial, weights)
    const bytes = bytesOf(weights)
    const shards = { 'a.bin': bytes.subarray(0, 7), 'b.bin': bytes.subarray(7) }
    const split = await readOwnModel(await folderWith(t, withManifest({ paths: ['./a.bin', 'b.bin'] }), shards))
    assert.deepEqual(split.initial, weights)
    const [first, ...others] = model.weightsManifest[0].weights
    const size = first!.shape.reduce((product, side) => product * side, 1)
    const turned = Float32Array.from([...weights.subarray(size), ...weights.subarray(0, size)])
    const json = withManifest({ weights: [...others, first] })
    assert.deepEqual(
      (await readOwnModel(await folderWith(t, json, { 'weights.bin': bytesOf(turned) }))).initial,
      weights
    )
  })

  test('takes models that only the layers API builds', async (t) => {
    const own = await readOwnModel(await folderWith(t, MODELS['a graph with a shortcut']))
    assert.equal(own.topology.type, 'layers-model')
    assert.deepEqual(await decodeTopology(own.modelJson), own.topology)
  })

  test('takes a model that predicts a number for a run that does', async (t) => {
    const json = buildTopology('mlp:4', 3, 1, 'mean-squared-error')
    const path = await folderWith(t, json)
    const own = await readOwnModel(path, 'mean-squared-error')
    assert.deepEqual(own.topology, parseTopology(json, 'mean-squared-error'))
    const classifier = await folderWith(t, model)
    await assert.rejects(readOwnModel(classifier, 'mean-squared-error'), /"dense_2".*activation linear/)
  })

  test('refuses files that are not there, too large, or no JSON', async (t) => {
    await assert.rejects(readOwnModel('/nowhere/model.json'), ModelFileError)
    await assert.rejects(readOwnModel(await folderWith(t, '{')), InvalidTopologyError)
    await assert.rejects(readOwnModel(await folderWith(t, ' '.repeat(300_000))), TopologyTooLargeError)
    const half = await folderWith(t, withManifest({ paths: ['a.bin', 'b.bin'] }), { 'a.bin': new Uint8Array(4) })
    await assert.rejects(readOwnModel(half), /b\.bin cannot be read/)
  })

  test('refuses weights that do not belong to the model', async (t) => {
    const beside = (bytes: Uint8Array, changes: object = {}) =>
      folderWith(t, withManifest(changes), { 'weights.bin': bytes })
    const bytes = bytesOf(weights)
    await assert.rejects(readOwnModel(await beside(bytes.subarray(4))), /list/)
    await assert.rejects(readOwnModel(await beside(Uint8Array.of(...bytes, 0, 0, 0, 0))), ModelMismatchError)
    const renamed = model.weightsManifest[0].weights.map((weight, i) =>
      i === 1 ? { ...weight, name: 'other' } : weight
    )
    await assert.rejects(readOwnModel(await beside(bytes, { weights: renamed })), /none for "dense_1\/bias"/)
    const half = model.weightsManifest[0].weights.map((weight) => ({ ...weight, dtype: 'float16' }))
    await assert.rejects(readOwnModel(await beside(bytes, { weights: half })), /not float32/)
    const broken = weights.with(3, Number.NaN)
    await assert.rejects(readOwnModel(await beside(bytesOf(broken))), /finite/)
  })

  test('makes no room for a file that is named many times, and stops before a model of a thousand levels', async (t) => {
    const paths = Array.from({ length: 5_000 }, () => 'weights.bin')
    const path = await folderWith(t, withManifest({ paths }), { 'weights.bin': bytesOf(weights) })
    await assert.rejects(readOwnModel(path), {
      name: 'ModelMismatchError',
      message: `the files that model.json lists have ${5_000 * weights.byteLength} bytes, the model's weights ${weights.byteLength}`
    })
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const json = JSON.stringify(model).replace('"name":"starling"', `"name":"starling","deep":${deep}`)
    await assert.rejects(readOwnModel(await folderWith(t, json)), /201 levels of JSON/)
  })

  test('reads no file outside its folder', async (t) => {
    for (const path of ['../secret', '/etc/hostname', 'a/../../b', '..\\b', 'C:\\b', './../b']) {
      const escaping = await folderWith(t, withManifest({ paths: [path] }))
      await assert.rejects(readOwnModel(escaping), /leaves the folder/, path)
    }
  })
})

test('a model must fit the rows', async (t) => {
  const own = await readOwnModel(await folderWith(t, model))
  requireModelFits(own, 'model.json', 3, 2)
  assert.throws(() => requireModelFits(own, 'model.json', 4, 2), /takes 3 values a row \(\[3\]\), these data have 4/)
  assert.throws(() => requireModelFits(own, 'model.json', 3, 5), /has 2 outputs, these data need 5/)
})
