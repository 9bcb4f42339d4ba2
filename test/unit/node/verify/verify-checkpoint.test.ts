import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { type RunFiles, writeRunFiles } from '../../../../node/run/run-files.ts'
import { ClosedMembers } from '../../../../node/run/sealing/closed-members.ts'
import { storeSealedCheckpoint } from '../../../../node/run/sealing/sealed-checkpoint.ts'
import { buildTopology, encodeModelJson, initialWeights, parseTopology } from '../../../../node/training/index.ts'
import { hashOf } from '../../../../node/vectors/index.ts'
import { verifyCheckpoint } from '../../../../node/verify/index.ts'
import { authorOf, type DeltaHeader, parseDeltaHeader, sealDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { inspectorOf, type Storage } from '../../../../storage/index.ts'
import { deltaHeader, filled, key, manifest, otherKey } from '../../protocols/envelope/samples.ts'
import { temporaryStorage } from '../../storage/temporary-storage.ts'

const INPUTS = 5
const CLASSES = 2
const LENGTH = (INPUTS + 1) * CLASSES

async function writeRun(storage: Storage): Promise<RunFiles> {
  const topology = parseTopology(buildTopology('linear', INPUTS, CLASSES))
  const modelJson = encodeModelJson(buildTopology('linear', INPUTS, CLASSES))
  return writeRunFiles(storage, modelJson, initialWeights(topology, 1), manifest)
}

function copyOf(value: number): Float32Array {
  return Float32Array.from({ length: LENGTH }, (_, i) => value + i / 7)
}

async function lastHeader(run: RunFiles, by: typeof key, value: number, other: Partial<DeltaHeader> = {}) {
  return sealDeltaHeader(
    {
      ...deltaHeader,
      run: run.id.bytes,
      author: authorOf(by),
      phase: 'done',
      codec: 'f32',
      length: LENGTH,
      payload: { bytes: 4 * LENGTH, root: CID.createV1(raw.code, await sha256.digest(filled(1, 1))).bytes },
      stateHash: hashOf(copyOf(value)),
      ...other
    },
    by
  )
}

async function closed(run: RunFiles, ...members: readonly (readonly [by: typeof key, value: number])[]) {
  const all = new ClosedMembers(run.id.bytes, run.manifest)
  for (const [by, value] of members) {
    const signed = await parseDeltaHeader(await lastHeader(run, by, value))
    assert.ok(all.add(signed))
    const [missing] = all.missing
    assert.equal(all.hold(missing!.id, new Uint8Array(copyOf(value + 1).buffer)), false, 'another copy was taken')
    assert.ok(all.hold(missing!.id, new Uint8Array(copyOf(value).buffer)))
  }
  return all.held
}

describe('a sealed checkpoint', () => {
  it('is the same CID at all who hold the same copies, in whatever order they came, and another with one less', async (t) => {
    const [here, there] = [await temporaryStorage(t), await temporaryStorage(t)]
    const [run, same] = [await writeRun(here.storage), await writeRun(there.storage)]
    assert.ok(run.id.equals(same.id))
    const first = await storeSealedCheckpoint(here.storage, run, await closed(run, [key, 1], [otherKey, 2]))
    const second = await storeSealedCheckpoint(there.storage, same, await closed(same, [otherKey, 2], [key, 1]))
    assert.ok(first.kept.root.equals(second.kept.root))
    const fewer = await storeSealedCheckpoint(there.storage, same, await closed(same, [key, 1]))
    assert.ok(!fewer.kept.root.equals(first.kept.root))
  })

  it('is derived again from its blocks, and not where its run is told to have another rule', async (t) => {
    const { storage } = await temporaryStorage(t)
    const run = await writeRun(storage)
    const { kept } = await storeSealedCheckpoint(storage, run, await closed(run, [key, 1], [otherKey, 2]))
    const blocks = inspectorOf((cid) => storage.getBlock(cid))
    const report = await verifyCheckpoint(blocks, kept.root)
    assert.deepEqual([report.verdict, report.faults, report.authors.length], ['derived', [], 2])
    const robust = {
      ...run,
      manifest: { ...run.manifest, averaging: { ...run.manifest.averaging, rule: 'median' as const } }
    }
    const lie = await storeSealedCheckpoint(storage, robust, await closed(run, [key, 1], [otherKey, 2]))
    const { verdict, faults } = await verifyCheckpoint(blocks, lie.kept.root)
    assert.deepEqual([verdict, faults[0]?.part], ['wrong', 'cut'])
  })

  it('does not take who has not closed, another run, or an older start', async (t) => {
    const { storage } = await temporaryStorage(t)
    const run = await writeRun(storage)
    const all = new ClosedMembers(run.id.bytes, run.manifest)
    const add = async (other: Partial<DeltaHeader>) =>
      all.add(await parseDeltaHeader(await lastHeader(run, key, 1, other)))
    assert.equal(await add({ phase: 'closing' }), false)
    assert.equal(await add({ run: CID.createV1(0x71, await sha256.digest(filled(1, 9))).bytes }), false)
    assert.equal(await add({ incarnation: filled(16, 5) }), true)
    assert.equal(await add({ incarnation: filled(16, 4) }), false)
    assert.equal(await add({ incarnation: filled(16, 6) }), true)
    assert.equal(all.missing.length, 1)
  })
})
