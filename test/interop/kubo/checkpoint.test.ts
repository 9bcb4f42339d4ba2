/** Kubo and the checkpoints of a run: fetched by CID, pinned, served again, and nothing else with them. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import { parseCheckpoint, parseCheckpointProof } from '../../../protocols/envelope/index.ts'
import { suiteOwner, temporaryFolder } from '../../integration/temporary-folder.ts'
import { type FinishedRun, finishedRun } from './finished-run.ts'
import { Kubo } from './kubo.ts'
import { addressOf, temporaryPeer } from './temporary-peer.ts'

/** Every block under a root as Kubo walks it; the root is not among them. */
async function refsOf(kubo: Kubo, root: string): Promise<string[]> {
  return (await kubo.run('refs', '--recursive', '--unique', root)).split('\n').sort()
}

async function pinsOf(kubo: Kubo): Promise<string[]> {
  return (await kubo.run('pin', 'ls', '--type=recursive', '--quiet')).split('\n')
}

/**
 * What a run's last checkpoint may link to: model, weights and proof, and the proof to the run's manifest and to what its
 * authors signed. All of them are single blocks in a small run.
 */
async function linksOf(checkpoint: string, read: (cid: string) => Promise<Uint8Array>): Promise<string[]> {
  const { model, weights, proof } = parseCheckpoint(await read(checkpoint))
  assert.ok(proof !== undefined, 'the last checkpoint has no proof')
  const { manifest, copies } = parseCheckpointProof(await read(proof.toString()))
  const proven = [manifest, ...copies.flatMap(({ header, copy }) => [header, copy])]
  return [...new Set([model, weights, proof, ...proven].map(String))].sort()
}

/** A block's name whatever its codec. */
function hashOf({ multihash }: CID): string {
  return Buffer.from(multihash.bytes).toString('hex')
}

/** Through Kubo's HTTP gateway. */
async function download(kubo: Kubo, cid: string, type: string): Promise<Buffer> {
  const response = await fetch(`${kubo.gateway}/ipfs/${cid}`, { headers: { accept: type } })
  assert.equal(response.status, 200, `${cid}: ${response.statusText}`)
  return Buffer.from(await response.arrayBuffer())
}

describe('a checkpoint of a run', () => {
  const suite = suiteOwner()
  let run: FinishedRun
  let kubo: Kubo

  before(async () => {
    kubo = await Kubo.start(suite)
    run = await finishedRun(suite)
    await kubo.run('swarm', 'connect', run.address)
  })

  it('is pinned by Kubo from a pinner, with what it links to and nothing else', async () => {
    const others = await pinsOf(kubo)
    await kubo.run('pin', 'add', run.checkpoint)
    assert.deepEqual((await pinsOf(kubo)).toSorted(), [...others, run.checkpoint].sort())
    const links = await linksOf(run.checkpoint, (cid) => kubo.bytes('block', 'get', cid))
    assert.deepEqual(await refsOf(kubo, run.checkpoint), links)
    assert.match(await kubo.run('repo', 'verify'), /verify complete/)
  })

  it('would bring the one before it along if its manifest linked to that (control)', async (t) => {
    const manifest = dagCbor.decode<object>(await kubo.bytes('block', 'get', run.checkpoint))
    const path = join(await temporaryFolder(t), 'linked.cbor')
    await writeFile(path, dagCbor.encode({ ...manifest, parents: [CID.parse(run.checkpoint)] }))
    const linked = await kubo.run('dag', 'put', '--input-codec=dag-cbor', '--store-codec=dag-cbor', path)
    assert.ok((await refsOf(kubo, linked)).includes(run.checkpoint))
    assert.ok(!(await refsOf(kubo, run.checkpoint)).includes(linked))
  })

  it('comes out of the gateway of Kubo as the bytes that the pinner holds', async (t) => {
    const manifest = await download(kubo, run.checkpoint, 'application/vnd.ipld.raw')
    const { weights } = parseCheckpoint(manifest)
    const file = await download(kubo, weights.toString(), '*/*')
    const peer = await temporaryPeer(t)
    await peer.libp2p.dial(multiaddr(run.address))
    assert.deepEqual(Buffer.from(await peer.storage.getBlock(CID.parse(run.checkpoint))), manifest)
    assert.deepEqual(Buffer.from(await peer.storage.getFile(weights)), file)
  })

  it('is served to Kubo by a peer that has pruned everything else', async (t) => {
    run.pinner.kill('SIGINT')
    await run.pinner.finished
    const peer = await temporaryPeer(t, run.home)
    const root = CID.parse(run.checkpoint)
    const others = (await peer.storage.pins.list()).map((kept) => kept.root).filter((kept) => !kept.equals(root))
    for (const other of others) await peer.storage.pins.unkeep(other)
    // The run's manifest is a block of the checkpoint's proof too.
    const links = await linksOf(run.checkpoint, (cid) => peer.storage.getBlock(CID.parse(cid)))
    const linked = new Set(links.map((link) => hashOf(CID.parse(link))))
    const pruned = others.filter((other) => !linked.has(hashOf(other)))
    assert.deepEqual((await peer.storage.sweep({ graceMs: -1 })).missing, [])
    assert.ok(pruned.length > 0)
    for (const other of pruned) assert.equal(await peer.storage.heldBlock(other), undefined, `${other} is still here`)

    const fresh = await Kubo.start(t)
    await fresh.run('swarm', 'connect', addressOf(peer))
    await fresh.run('pin', 'add', run.checkpoint)
    assert.deepEqual(await refsOf(fresh, run.checkpoint), await refsOf(kubo, run.checkpoint))
  })
})
