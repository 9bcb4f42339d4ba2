import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import {
  parseBeacon,
  parseCheckpoint,
  parseCheckpointAnnouncement,
  parseCheckpointProof,
  parseDeltaHeader,
  parseInvite,
  parseManifest,
  parseSeal
} from '../../../../protocols/envelope/index.ts'
import * as sample from './samples.ts'

const FOLDER = new URL('../../../fixtures/records/', import.meta.url)

describe('golden records', async () => {
  const samples = await sample.encodeSamples()

  it('has one file for each kind of record', async () => {
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.hex')).sort()
    assert.deepEqual(
      files,
      Object.keys(samples)
        .map((name) => `${name}.hex`)
        .sort()
    )
  })

  for (const [name, bytes] of Object.entries(samples)) {
    it(`encodes the ${name} to the bytes of its file`, async () => {
      assert.equal(Buffer.from(bytes).toString('hex'), await readGolden(name))
    })
  }

  it('reads every file to the record that it was made from', async () => {
    assert.deepEqual((await parseDeltaHeader(await goldenBytes('delta-header'))).header, sample.deltaHeader)
    assert.deepEqual((await parseBeacon(await goldenBytes('beacon'))).beacon, sample.beacon)
    assert.deepEqual(
      (await parseCheckpointAnnouncement(await goldenBytes('checkpoint-announcement'))).announcement,
      sample.announcement
    )
    assert.deepEqual(parseInvite(new TextDecoder().decode(await goldenBytes('invite'))), sample.invite)
    assert.deepEqual(plain(parseManifest(await goldenBytes('run-manifest'))), plain(sample.manifest))
    const regression = { ...sample.manifest, ...sample.regression }
    assert.deepEqual(plain(parseManifest(await goldenBytes('regression-manifest'))), plain(regression))
    assert.deepEqual(plain(parseCheckpoint(await goldenBytes('checkpoint-manifest'))), plain(sample.checkpoint))
    assert.deepEqual(plain(parseCheckpoint(await goldenBytes('sealed-checkpoint'))), plain(sample.sealedCheckpoint))
    const proof = parseCheckpointProof(await goldenBytes('checkpoint-proof'))
    assert.deepEqual(
      [String(proof.manifest), proof.copies.map(plain)],
      [String(sample.proof.manifest), sample.proof.copies.map(plain)]
    )
    assert.deepEqual((await parseSeal(await goldenBytes('seal'))).seal, sample.seal)
  })
})

/** CIDs cache their text form in themselves, so they are compared as text. */
function plain(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, value?.asCID === undefined ? value : String(value)])
  )
}

async function readGolden(name: string): Promise<string> {
  return (await readFile(new URL(`${name}.hex`, FOLDER), 'utf8')).trim()
}

async function goldenBytes(name: string): Promise<Uint8Array> {
  return new Uint8Array(Buffer.from(await readGolden(name), 'hex'))
}
