/** The same bytes are the same CID in Kubo and here, and each gets them from the other. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import { openHome, openStorage } from '../../../storage/index.ts'
import { createInvitedRun } from '../../integration/invited-run.ts'
import { randomFrom } from '../../integration/random.ts'
import { run, runJson, start } from '../../integration/starling.ts'
import { suiteOwner, temporaryFolder } from '../../integration/temporary-folder.ts'
import { noise } from '../../unit/storage/temporary-storage.ts'
import { Kubo } from './kubo.ts'
import { addressOf, temporaryPeer } from './temporary-peer.ts'

const CHUNK_BYTES = 1024 * 1024
const SEED = 6
const LARGEST_BYTES = 40_000_000

/** One byte, 40 MB, and sizes on, just below and just above the borders of chunks. */
function sizes(): number[] {
  const random = randomFrom(SEED)
  const borders = Array.from({ length: 4 }, () => CHUNK_BYTES * (1 + Math.floor(random() * 12)))
  const near = borders.flatMap((border) => [
    border - 1 - Math.floor(random() * 100),
    border + Math.floor(random() * 100)
  ])
  return [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, ...near, LARGEST_BYTES]
}

describe('files', () => {
  const suite = suiteOwner()
  let kubo: Kubo
  let folder: string

  before(async () => {
    kubo = await Kubo.start(suite)
    folder = await temporaryFolder(suite)
  })

  /** Adds a file to Kubo. */
  async function add(size: number, ...words: string[]): Promise<{ cid: string; bytes: Uint8Array }> {
    const bytes = noise(size, size)
    const path = join(folder, `${size}.bin`)
    await writeFile(path, bytes)
    return { bytes, cid: await kubo.run('add', '--quieter', ...words, path) }
  }

  it('have the same CID in both, from one byte to 40 MB', async (t) => {
    const { storage } = await temporaryPeer(t)
    for (const size of sizes()) {
      const { cid, bytes } = await add(size, '--only-hash')
      assert.equal((await storage.putFile(bytes)).toString(), cid, `${size} bytes`)
    }
    // The control: with another chunk size the CIDs differ as soon as there are two chunks.
    const { cid } = await add(CHUNK_BYTES + 1, '--only-hash', '--chunker=size-262144')
    assert.notEqual((await storage.putFile(noise(CHUNK_BYTES + 1, CHUNK_BYTES + 1))).toString(), cid)
  })

  it('of a peer are fetched by Kubo', async (t) => {
    const peer = await temporaryPeer(t)
    const bytes = noise(5 * CHUNK_BYTES + 3, 1)
    const cid = await peer.storage.putFile(bytes)
    await kubo.run('swarm', 'connect', addressOf(peer))
    assert.ok((await kubo.bytes('cat', cid.toString())).equals(bytes))
  })

  it('that Kubo added are pinned in a home that no peer runs in, which needs the address of Kubo', async (t) => {
    const { cid, bytes } = await add(3 * CHUNK_BYTES + 7)
    const home = join(folder, 'alone')
    assert.equal((await run(t, 'init', '--home', home)).code, 0)
    const words = ['pin', cid, '--home', home]
    const { code, stderr } = await run(t, ...words)
    assert.equal(code, 1)
    assert.match(stderr, /no peer runs here to ask others/)
    await runJson(t, ...words, '--from', kubo.address)
    const opened = await openHome(home)
    const storage = await openStorage({ home: opened })
    assert.ok(Buffer.from(await storage.getFile(CID.parse(cid))).equals(bytes))
    assert.ok(await storage.pins.get(CID.parse(cid)))
    await storage.close()
    await opened.close()
  })

  it('that Kubo added are pinned by a peer that runs, once it is told the address of Kubo', async (t) => {
    const { invite, home } = await createInvitedRun(t, await temporaryFolder(t))
    const pinner = start(t, 'start', invite, '--home', home)
    await pinner.says('following run')
    const { cid } = await add(2 * CHUNK_BYTES)
    await runJson(t, 'pin', cid, '--home', home, '--from', kubo.address)
    const pins = (await runJson(t, 'pins', '--home', home)) as { root: string; by: string }[]
    assert.equal(pins.find(({ root }) => root === cid)?.by, 'user')
  })
})
