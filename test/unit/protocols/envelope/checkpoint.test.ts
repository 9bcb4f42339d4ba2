import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import * as Block from 'multiformats/block'
import type { CheckpointManifest } from '../../../../protocols/envelope/index.ts'
import {
  checkpointCid,
  encodeCheckpoint,
  parseCheckpoint,
  parseCheckpointAnnouncement,
  recordHash,
  sealCheckpointAnnouncement,
  sealEnvelope
} from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { announcement, checkpoint, filled, key, otherKey } from './samples.ts'

const { proof: _, ...withoutProof } = checkpoint

describe('checkpoint manifest', () => {
  it('links model, weights and proof, and nothing else', async () => {
    const bytes = encodeCheckpoint(checkpoint)
    const block = Block.createUnsafe({ bytes, cid: checkpointCid(bytes), codec: await import('@ipld/dag-cbor') })
    const links = Array.from(block.links(), ([path]) => path)
    assert.deepEqual(links.sort(), ['model', 'proof', 'weights'])
  })

  it('does without a proof', () => {
    const parsed = parseCheckpoint(encodeCheckpoint(withoutProof))
    assert.equal('proof' in parsed, false)
  })

  it('tells the error of a regression in place of an accuracy', () => {
    const { accuracy: _, ...metric } = checkpoint.metrics[0]!
    const measured = { ...checkpoint, metrics: [{ ...metric, rmse: 12.5 }] }
    assert.deepEqual(parseCheckpoint(encodeCheckpoint(measured)).metrics, measured.metrics)
    const negative = { ...checkpoint, metrics: [{ ...metric, rmse: -1 }] }
    assert.throws(() => encodeCheckpoint(negative), refusal('range', /metrics.0.rmse is -1/))
  })

  it('refuses links under any other key, since a pin would follow them', () => {
    const { model } = checkpoint
    for (const extra of [{ later: model }, { ext: { more: [model] } }, { parents: [model] }]) {
      assert.throws(() => parseCheckpoint(encode({ ...checkpoint, ...extra })), refusal('shape'))
    }
  })

  it('refuses a cut out of order, with an author twice, or without the checkpoint author', () => {
    const refuse = (cut: CheckpointManifest['cut'], message: RegExp) =>
      assert.throws(() => encodeCheckpoint({ ...checkpoint, cut }), refusal('contradiction', message))
    const [first, second] = checkpoint.cut
    refuse([second!, first!], /cut.1 repeats or precedes/)
    refuse([first!, first!], /cut.1 repeats or precedes/)
    refuse(
      checkpoint.cut.filter(({ author }) => author !== checkpoint.author),
      /not in its cut/
    )
  })

  it('refuses other rules, ranges and sizes', () => {
    const parse = (changes: object) => parseCheckpoint(encode({ ...checkpoint, ...changes }))
    const metric = checkpoint.metrics[0]!
    assert.throws(() => parse({ v: 0 }), refusal('version'))
    assert.throws(() => parse({ rule: 'krum' }), refusal('unsupported', /knows only "mean", "median"/))
    assert.throws(
      () => parse({ metrics: [{ ...metric, accuracy: 95.5 }] }),
      refusal('range', /metrics.0.accuracy is 95.5/)
    )
    assert.throws(() => parse({ cut: [] }), refusal('range', /cut/))
    assert.throws(() => parse({ critical: ['quorum'] }), refusal('unknown-critical'))
    assert.throws(() => parse({ ext: { padding: filled(256 * 1024, 0) } }), refusal('oversized'))
  })
})

describe('checkpoint announcement', () => {
  it('gives back what was sealed, with the hash of its body', async () => {
    const sealed = await sealCheckpointAnnouncement(announcement, key)
    const parsed = await parseCheckpointAnnouncement(sealed)
    assert.deepEqual(parsed.announcement, announcement)
    assert.deepEqual(parsed.hash, recordHash(encode(announcement)))
  })

  it('tells the error of a regression in place of an accuracy', async () => {
    const { accuracy: _, ...rest } = announcement
    const measured = { ...rest, rmse: 12.5 }
    const parsed = await parseCheckpointAnnouncement(await sealCheckpointAnnouncement(measured, key))
    assert.deepEqual(parsed.announcement, measured)
  })

  it('refuses a forged author and a signature for another type', async () => {
    const body = encode(announcement)
    const forged = await sealEnvelope('checkpoint', body, otherKey)
    await assert.rejects(parseCheckpointAnnouncement(forged), refusal('signature'))
    const other = await sealEnvelope('delta', body, key)
    await assert.rejects(parseCheckpointAnnouncement(other), refusal('shape', /type is "delta"/))
  })
})
