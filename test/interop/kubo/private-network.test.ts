/** Kubo and peers in a private network, and that nobody outside of it gets in. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import type { Peer } from '../../../node/peer.ts'
import { newSwarmKey } from '../../../storage/index.ts'
import { suiteOwner, temporaryFolder } from '../../integration/temporary-folder.ts'
import { noise } from '../../unit/storage/temporary-storage.ts'
import { Kubo } from './kubo.ts'
import { addressOf, temporaryPeer } from './temporary-peer.ts'

const BYTES = 5 * 1024 * 1024 + 3

describe('a private network', () => {
  const suite = suiteOwner()
  const swarmKey = newSwarmKey()
  let peer: Peer
  let kubo: Kubo

  before(async () => {
    peer = await temporaryPeer(suite, undefined, { swarmKey })
    kubo = await Kubo.start(suite, { swarmKey: swarmKey.file })
  })

  it('has Kubo fetch and pin what a peer has, and the other way round', async (t) => {
    const bytes = noise(BYTES, 1)
    const cid = await peer.storage.putFile(bytes)
    await kubo.run('swarm', 'connect', addressOf(peer))
    await kubo.run('pin', 'add', cid.toString())
    assert.ok((await kubo.bytes('cat', cid.toString())).equals(bytes))
    const path = join(await temporaryFolder(t), 'added.bin')
    await writeFile(path, noise(BYTES, 2))
    const added = await kubo.run('add', '--quieter', path)
    assert.ok(Buffer.from(await peer.storage.getFile(CID.parse(added), { timeoutMs: 30_000 })).equals(noise(BYTES, 2)))
  })

  it('keeps out a Kubo node without its key, a peer without it, and either with another', async (t) => {
    for (const options of [{}, { swarmKey: newSwarmKey() }]) {
      const stranger = await temporaryPeer(t, undefined, options)
      await assert.rejects(stranger.libp2p.dial(multiaddr(kubo.address)))
      await assert.rejects(kubo.run('swarm', 'connect', addressOf(stranger)))
      const other = await Kubo.start(t, 'swarmKey' in options ? { swarmKey: options.swarmKey.file } : {})
      await assert.rejects(other.run('swarm', 'connect', addressOf(peer)))
    }
  })
})
