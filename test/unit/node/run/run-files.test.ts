import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { InconsistentRunError, readRunFiles } from '../../../../node/run/run-files.ts'
import { buildTopology, encodeModelJson } from '../../../../node/training/index.ts'
import { encodeManifest, manifestCid } from '../../../../protocols/envelope/index.ts'
import type { Storage } from '../../../../storage/index.ts'
import { manifest } from '../../protocols/envelope/samples.ts'

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
})
