import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  formatNamed,
  MODEL_FORMATS,
  openModelFile,
  type PortableModel,
  readModelFile,
  tensorsOf,
  writeModelFile
} from '../../../../node/model-files/index.ts'
import { createLoss, createPredictor, startEngine } from '../../../../node/training/index.ts'
import { importLayers } from '../../../../node/training/layers-api.ts'
import { encodeNpz, encodeSafetensors, npyMember } from '../../../../storage/formats/index.ts'
import { temporaryFolder } from '../data/temporary-folder.ts'
import { IMAGE_TASK, NUMBER_TASK, sampleModel, sequential, TABLE_TASK } from './sample-models.ts'

/** Of changed files: what people may be told, each one sentence. */
const KNOWN = new Set([
  'read',
  'ERR_UNREADABLE_MODEL',
  'ERR_UNDESCRIBED_MODEL',
  'ERR_MODEL_MISMATCH',
  'ERR_MODEL_FILE',
  'ERR_INVALID_TOPOLOGY',
  'ERR_TOPOLOGY_TOO_LARGE',
  'ERR_UNSUPPORTED_LAYER',
  'ERR_DAMAGED_NPZ',
  'ERR_PICKLED_ARRAY',
  'ERR_UNSUPPORTED_TYPE',
  'ERR_ARRAY_SHAPE',
  'ERR_TOO_MUCH_DATA',
  'ERR_INEXACT_INTEGER'
])

async function write(folder: string, name: string, model: PortableModel, force = false): Promise<string> {
  const format = await formatNamed(name)
  const path = join(folder, `model${format.ending}`)
  await writeModelFile(format, model, path, { force })
  return path
}

const MODELS: Readonly<Record<string, () => Promise<PortableModel>>> = {
  'a linear model of a table': () => sampleModel(TABLE_TASK, 'linear'),
  'a network of images': () => sampleModel(IMAGE_TASK, 'cnn:4'),
  'a regression': () => sampleModel(NUMBER_TASK, 'mlp:5'),
  "a user's own model": () => {
    return sampleModel(TABLE_TASK, sequential(5, ['Dense', { units: 4, activation: 'elu' }], ['Dense', { units: 3 }]))
  }
}

describe('model files', () => {
  for (const name of MODEL_FORMATS) {
    for (const [what, make] of Object.entries(MODELS)) {
      it(`hold ${what} as it was: ${name}`, async (t) => {
        const model = await make()
        const { task, weights, origin, topology } = await openModelFile(
          await write(await temporaryFolder(t), name, model)
        )
        assert.deepEqual({ task, origin }, { task: model.task, origin: model.origin })
        assert.deepEqual(weights, model.weights)
        assert.deepEqual([topology.type, topology.weights], [model.topology.type, model.topology.weights])
      })
    }

    it(`hold the weights and no other numbers: ${name}`, async (t) => {
      const model = await sampleModel(TABLE_TASK, 'mlp:4')
      const { tensors } = await readModelFile(await write(await temporaryFolder(t), name, model))
      const byName = (list: readonly { readonly name: string }[]) => list.map((tensor) => tensor.name).sort()
      assert.deepEqual(byName(tensors), byName(tensorsOf(model)))
    })

    it(`are the same bytes for the same model: ${name}`, async () => {
      const format = await formatNamed(name)
      const [once, again] = await Promise.all(
        [1, 2].map(async () => format.encode(await sampleModel(TABLE_TASK, 'mlp:4'), 'a'))
      )
      assert.deepEqual(once, again)
    })

    it(`are not written over unless asked: ${name}`, async (t) => {
      const folder = await temporaryFolder(t)
      const model = await sampleModel(TABLE_TASK, 'linear')
      const path = await write(folder, name, model)
      const bytes = await readFile(path)
      const other = await sampleModel(TABLE_TASK, 'mlp:3')
      await assert.rejects(write(folder, name, other), { code: 'ERR_OUTPUT_EXISTS', message: /add --force/ })
      assert.deepEqual(await readFile(path), bytes)
      await write(folder, name, other, true)
      assert.deepEqual((await openModelFile(path)).weights, other.weights)
      assert.deepEqual(
        (await readdir(folder)).filter((file) => file.endsWith('.tmp')),
        []
      )
    })

    it(`that are changed or cut short are read or refused in one sentence: ${name}`, async (t) => {
      const folder = await temporaryFolder(t)
      const path = await write(folder, name, await sampleModel(TABLE_TASK, 'linear'))
      const original = await readFile(path)
      const seen = new Map<string, number>()
      const change = fc.tuple(fc.nat({ max: original.length - 1 }), fc.nat({ max: 255 }))
      const property = fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 3 * original.length }),
        async (changes, end) => {
          const bytes = Buffer.from(original)
          for (const [at, value] of changes) bytes[at] = value
          await writeFile(path, bytes.subarray(0, end))
          const outcome = await openModelFile(path).then(
            () => 'read',
            ({ code, stack, message }: { code?: string; stack?: string; message: string }) => {
              assert.doesNotMatch(message, /\n/)
              return code ?? String(stack)
            }
          )
          assert.ok(KNOWN.has(outcome), outcome)
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
        }
      )
      await fc.assert(property, { seed: 6, numRuns: 150 })
      assert.ok(
        (seen.get('ERR_UNREADABLE_MODEL') ?? 0) + (seen.get('ERR_DAMAGED_NPZ') ?? 0) > 10,
        JSON.stringify([...seen])
      )
    })
  }

  it('say what is wrong with one that is of no known format, not there, a folder or of weights alone', async (t) => {
    const folder = await temporaryFolder(t)
    const tensors = tensorsOf(await sampleModel(TABLE_TASK, 'linear'))
    const bare = join(folder, 'bare.safetensors')
    await writeFile(bare, encodeSafetensors(tensors))
    const arrays = join(folder, 'bare.npz')
    await writeFile(arrays, encodeNpz(tensors.map(npyMember)))
    await assert.rejects(openModelFile(join(folder, 'model.pickle')), /end in \.safetensors, \.json, \.onnx, \.npz$/)
    await assert.rejects(openModelFile(join(folder, 'no.onnx')), /cannot be read as a model: there is no such file$/)
    for (const path of [bare, arrays]) {
      await assert.rejects(openModelFile(path), { code: 'ERR_UNDESCRIBED_MODEL' })
      assert.deepEqual((await readModelFile(path)).tensors.map(({ name }) => name).sort(), [
        'dense_1/bias',
        'dense_1/kernel'
      ])
    }
  })

  it('refuse weights of another model than they describe', async (t) => {
    const folder = await temporaryFolder(t)
    const [model, other] = [await sampleModel(TABLE_TASK, 'linear'), await sampleModel(TABLE_TASK, 'mlp:3')]
    const format = await formatNamed('safetensors')
    const path = join(folder, 'model.safetensors')
    await writeModelFile(format, { ...model, modelJson: other.modelJson }, path, { force: false })
    await assert.rejects(openModelFile(path), {
      code: 'ERR_MODEL_MISMATCH',
      message: /have \[5, 3\] for "dense_1\/kernel", the model needs \[5, 3\]|have none for "dense_2\/kernel"/
    })
    const numbers = await sampleModel(NUMBER_TASK, 'linear')
    await writeModelFile(format, { ...numbers, task: { ...NUMBER_TASK, columns: TABLE_TASK.columns } }, path, {
      force: true
    })
    await assert.rejects(openModelFile(path), { code: 'ERR_MODEL_MISMATCH', message: /1 inputs and 1 outputs/ })
  })

  it('load in TensorFlow.js with the same outputs', async (t) => {
    for (const spec of [
      'mlp:4',
      sequential(5, ['Dense', { units: 4, activation: 'elu' }], ['Dense', { units: 3, activation: 'softmax' }])
    ]) {
      const model = await sampleModel(TABLE_TASK, spec)
      const path = await write(await temporaryFolder(t), 'tfjs', model)
      const rows = Float32Array.from({ length: 20 }, (_, at) => Math.sin(at))
      const predictor = await createPredictor(model.topology, createLoss(model.task))
      const expected = await predictor.predict(model.weights, { values: rows, count: 4 })
      await predictor.close()
      const found = await loadedOutputs(path, rows)
      assert.ok(
        expected.every((value, at) => Math.abs(value - found[at]!) < 1e-6),
        `${expected} is not ${found}`
      )
    }
  })
})

/** What `tf.loadLayersModel` makes of the file, from a handler in memory. */
async function loadedOutputs(path: string, rows: Float32Array): Promise<Float32Array> {
  const { tf } = await startEngine('cpu')
  const layers = (await importLayers()) as unknown as {
    loadLayersModel(handler: object): Promise<{ predict(x: unknown): { dataSync(): Float32Array } }>
  }
  const json = JSON.parse(await readFile(path, 'utf8'))
  const [{ paths, weights: weightSpecs }] = json.weightsManifest
  const shards = await Promise.all(paths.map((name: string) => readFile(join(path, '..', name))))
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer
  const loaded = await layers.loadLayersModel({ load: async () => ({ ...json, weightSpecs, weightData }) })
  return loaded.predict(tf.tensor(rows, [4, 5])).dataSync()
}
