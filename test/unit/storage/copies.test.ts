import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import { concat } from 'uint8arrays/concat'
import { parseSavedCopy } from '../../../storage/copies.ts'
import { createCopies, newIncarnation, type SavedCopy } from '../../../storage/index.ts'
import { temporaryHome } from './temporary-home.ts'

const RUN = 'bafyrun'

function copyAt(seq: number): SavedCopy {
  const copy = Float32Array.from({ length: 100 }, (_, i) => seq + i / 7)
  return { incarnation: newIncarnation(1), seq, round: seq * 2, stateHash: new Uint8Array(32).fill(seq), copy }
}

test('gives back the newest copy of each run, bit for bit', async (t) => {
  const copies = createCopies(await temporaryHome(t))
  assert.deepEqual(await copies.load(RUN), { type: 'none' })
  const newest = copyAt(2)
  await copies.save(RUN, copyAt(1))
  await copies.save(RUN, newest)
  await copies.save('bafyother', copyAt(3))
  assert.deepEqual(await copies.load(RUN), { type: 'found', saved: newest })
})

test('saves a copy that is shared with a worker as it was when it was given', async (t) => {
  const copies = createCopies(await temporaryHome(t))
  const shared = new Float32Array(new SharedArrayBuffer(400))
  shared.fill(1)
  const saving = copies.save(RUN, { ...copyAt(1), copy: shared })
  const added = saving.then(() => shared.fill(2))
  await added
  const loaded = await copies.load(RUN)
  assert.ok(loaded.type === 'found' && loaded.saved.copy.every((value) => value === 1))
})

test('ignores a damaged file with a warning, wherever the damage is', async (t) => {
  const home = await temporaryHome(t)
  const copies = createCopies(home)
  await copies.save(RUN, copyAt(1))
  const path = home.path('copies', `${RUN}.copy`)
  const whole = await readFile(path)
  for (const at of [0, 31, 32, 35, 40, 60, whole.byteLength - 1]) {
    const flipped = Uint8Array.from(whole)
    flipped[at]! ^= 4
    await writeFile(path, flipped)
    const loaded = await copies.load(RUN)
    assert.equal(loaded.type, 'damaged', `byte ${at}`)
  }
  await writeFile(path, whole)
  for (const length of [whole.byteLength - 4, 40, 32, 0]) {
    await truncate(path, length)
    const loaded = await copies.load(RUN)
    assert.ok(loaded.type === 'damaged' && loaded.warning.includes(path), `${length} bytes`)
  }
  await copies.save(RUN, copyAt(2))
  assert.equal((await copies.load(RUN)).type, 'found')
})

test('ignores a file whose header is damaged though its checksum is right', async () => {
  const copies = new Map<number, boolean>()
  for (const seq of [3, -1, 0.5, 2 ** 53]) {
    const header = dagCbor.encode({
      ...{ v: 1, incarnation: newIncarnation(1), seq, round: 3, stateHash: new Uint8Array(32), length: 1 }
    })
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, header.length, true)
    const rest = concat([length, header, new Uint8Array(4)])
    const bytes = concat([createHash('sha256').update(rest).digest(), rest])
    copies.set(seq, (await parseSavedCopy(bytes)) !== undefined)
  }
  assert.deepEqual([...copies.values()], [true, false, false, false])
})

test('refuses a run id that is no file name', async (t) => {
  const copies = createCopies(await temporaryHome(t))
  for (const run of ['', '../identity', 'a/b']) {
    await assert.rejects(copies.save(run, copyAt(1)), { code: 'ERR_INVALID_RUN_ID' })
    await assert.rejects(copies.load(run), { code: 'ERR_INVALID_RUN_ID' })
  }
})
