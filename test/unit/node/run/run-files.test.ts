import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { encodeWeights, InconsistentRunError, readRunFiles, writeRunFiles } from '../../../../node/run/run-files.ts'
import { buildTopology, encodeModelJson, initialWeights, parseTopology } from '../../../../node/training/index.ts'
import { hashOf } from '../../../../node/vectors/index.ts'
import { encodeManifest, manifestCid } from '../../../../protocols/envelope/index.ts'
import { decodeSafetensors, type Storage } from '../../../../storage/index.ts'
import { manifest } from '../../protocols/envelope/samples.ts'
import { temporaryStorage } from '../../storage/temporary-storage.ts'

/** What the sample's columns become: one number, and three categories with a slot for others. */
const INPUTS = 5
const CLASSES = 2

/** A store with a run of the sample's task and a linear model of these sizes, but no weights. */
async function storeOf(inputs: number, outputs: number): Promise<{ id: CID; storage: Storage }> {
  const modelJson = encodeModelJson(buildTopology('linear', inputs, outputs))
  const model = CID.createV1(raw.code, await sha256.digest(modelJson))
  const manifestBytes = encodeManifest({ ...manifest, model, parameterCount: (inputs + 1) * outputs })
  const id = manifestCid(manifestBytes)
  const getBlock = async (cid: CID) => (cid.equals(id) ? manifestBytes : modelJson)
  const getFile = () => Promise.reject(new Error('as far as the weights'))
  return { id, storage: { getBlock, getFile } as unknown as Storage }
}

describe('the files of a run', () => {
  it('with a model that does not fit the task are refused before the weights are fetched', async () => {
    for (const [inputs, outputs] of [
      [INPUTS, CLASSES + 1],
      [INPUTS + 1, CLASSES]
    ] as const) {
      const { id, storage } = await storeOf(inputs, outputs)
      await assert.rejects(readRunFiles(storage, id), (error) => {
        assert.ok(error instanceof InconsistentRunError)
        assert.match(
          error.message,
          new RegExp(`model of ${inputs} inputs and ${outputs} outputs, its task needs 5 and 2`)
        )
        return true
      })
    }
    const { id, storage } = await storeOf(INPUTS, CLASSES)
    await assert.rejects(readRunFiles(storage, id), /as far as the weights/)
  })

  it('with local layers count, hash and hold in checkpoints what is shared, and begin with the whole', async (t) => {
    const { storage } = await temporaryStorage(t)
    const topology = parseTopology(buildTopology('mlp:4', INPUTS, CLASSES))
    const initial = initialWeights(topology, 1)
    const modelJson = encodeModelJson(buildTopology('mlp:4', INPUTS, CLASSES))
    const write = (layers: readonly string[]) =>
      writeRunFiles(storage, modelJson, initial, { ...manifest, personalise: { rule: 'local-head', layers } })
    const { id } = await write(['dense_2'])
    const run = await readRunFiles(storage, id)
    const shared = (INPUTS + 1) * 4
    assert.equal(run.manifest.parameterCount, shared)
    assert.deepEqual(Buffer.from(run.manifest.initialHash), hashOf(initial.subarray(0, shared)))
    assert.deepEqual(run.initial, initial)
    const file = encodeWeights(run.shared.layout, run.shared.take(initial))
    assert.deepEqual(
      decodeSafetensors(file).map(({ name }) => name),
      ['dense_1/bias', 'dense_1/kernel']
    )
    // Controls: a layer that is not there, and none that is left.
    await assert.rejects(write(['dense_3']), { code: 'ERR_LOCAL_LAYERS' })
    await assert.rejects(write(['dense_1', 'dense_2']), { code: 'ERR_LOCAL_LAYERS' })
    // Who says that more is shared than its local layers leave is refused.
    const manifestBytes = encodeManifest({ ...run.manifest, parameterCount: topology.parameterCount })
    const forged = await storage.putDagCbor(manifestBytes)
    await assert.rejects(readRunFiles(storage, forged), /says 34 parameters, its model has 24 to share/)
  })
})
