import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'
import { decode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { MAX_BLOCK_BYTES, payloadBlocks, payloadRoot } from '../../../../protocols/delta-gossip/index.ts'

const RAW = 0x55
const DAG_CBOR = 0x71

function payloadOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

suite('payload root', () => {
  test('is the raw block itself up to 1 MiB', async () => {
    for (const length of [0, 1, MAX_BLOCK_BYTES]) {
      const payload = payloadOf(length)
      const root = await payloadRoot(payload)
      assert.equal(root.code, RAW)
      assert.deepEqual(Buffer.from(root.multihash.digest), sha256(payload))
      assert.equal((await payloadBlocks(payload)).length, 1)
    }
  })

  test('is a list of raw blocks of at most 1 MiB above, in order', async () => {
    const payload = payloadOf(2 * MAX_BLOCK_BYTES + 1)
    const blocks = await payloadBlocks(payload)
    const root = blocks.at(-1)!
    assert.equal(root.cid.code, DAG_CBOR)
    assert.deepEqual(Buffer.from(root.cid.multihash.digest), sha256(root.bytes))
    const parts = blocks.slice(0, -1)
    assert.deepEqual(
      parts.map(({ bytes }) => bytes.byteLength),
      [MAX_BLOCK_BYTES, MAX_BLOCK_BYTES, 1]
    )
    assert.deepEqual(
      decode<CID[]>(root.bytes).map(String),
      parts.map(({ cid }) => String(cid))
    )
    for (const { cid, bytes } of parts) assert.deepEqual(Buffer.from(cid.multihash.digest), sha256(bytes))
    assert.deepEqual(Buffer.concat(parts.map(({ bytes }) => bytes)), Buffer.from(payload))
    assert.deepEqual(await payloadRoot(payload), root.cid)
  })

  test('changes with any byte and with the order of blocks', async () => {
    const payload = payloadOf(MAX_BLOCK_BYTES + 10)
    const root = String(await payloadRoot(payload))
    const flipped = payload.slice()
    flipped[MAX_BLOCK_BYTES + 3]! ^= 1
    const turned = Buffer.concat([payload.subarray(10), payload.subarray(0, 10)])
    assert.notEqual(String(await payloadRoot(flipped)), root)
    assert.notEqual(String(await payloadRoot(turned)), root)
    assert.equal(String(await payloadRoot(payload.slice())), root)
    assert.equal(CID.parse(root).bytes.length, 36)
  })
})
