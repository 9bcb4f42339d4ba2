import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FsBlockstore } from 'blockstore-fs'
import { LevelDatastore } from 'datastore-level'
import { Key } from 'interface-datastore'
import { openHome, openStores, type Stores } from '../../storage/index.ts'
import { powerCutCampaign } from '../faults/power/campaign.ts'
import { canMount, DiskImage } from '../faults/power/disk-image.ts'
import { noise, rawBlock } from '../unit/storage/temporary-storage.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Mounting takes rights that not every machine gives to whoever runs the tests. */
const CANNOT_MOUNT = !(await canMount('/tmp').catch(() => false))

const PIN = new Key('/pin/one')
const BLOCKS = await Promise.all(Array.from({ length: 20 }, (_, i) => rawBlock(noise(50_000, i + 1))))

/** How many of the blocks, and whether the pin, are in what a cut leaves right after they were stored. */
async function afterCut(
  folder: string,
  store: (dir: string) => Promise<{ release(): Promise<void> }>
): Promise<{ whole: number; isPinned: boolean } | { error: string }> {
  const disk = await DiskImage.create(join(folder, 'disk.img'), join(folder, 'disk'))
  const image = join(folder, 'cut.img')
  const { release } = await store(join(disk.folder, 'home'))
  await disk.cut(image)
  await release()
  await disk.unmount()
  const left = await DiskImage.mount(image, join(folder, 'left'))
  try {
    await mkdir(join(left.folder, 'home'), { recursive: true })
    const home = await openHome(join(left.folder, 'home'), { create: true })
    const stores = await openStores(home, { hashAll: true }).catch((error: Error) => error.name)
    if (typeof stores === 'string') return { error: stores }
    const whole = await Promise.all(BLOCKS.map(({ cid }) => stores.blockstore.has(cid)))
    const isPinned = await stores.datastore.has(PIN)
    await stores.close()
    await home.close()
    return { whole: whole.filter((isHere) => isHere).length, isPinned }
  } finally {
    await left.unmount()
  }
}

/** A home of ours in which the stores were opened just now, and something was stored before the cut. */
async function ownStores(dir: string, work: (stores: Stores) => Promise<unknown>) {
  const home = await openHome(dir, { create: true })
  const stores = await openStores(home)
  await work(stores)
  const release = async () => {
    await stores.close()
    await home.close()
  }
  return { release }
}

describe('a power cut', { skip: CANNOT_MOUNT && 'this user may not mount a file system on this machine' }, () => {
  it('takes nothing that was stored before its pin', async (t) => {
    const found = await afterCut(await temporaryFolder(t), (dir) =>
      ownStores(dir, async ({ blockstore, datastore }) => {
        for (const { cid, bytes } of BLOCKS) await blockstore.put(cid, bytes)
        await datastore.put(PIN, new Uint8Array([1]))
      })
    )
    assert.deepEqual(found, { whole: BLOCKS.length, isPinned: true })
  })

  it('in the first moment of a home leaves one that opens', async (t) => {
    const found = await afterCut(await temporaryFolder(t), (dir) => ownStores(dir, async () => {}))
    assert.deepEqual(found, { whole: 0, isPinned: false })
  })

  it('control: takes what the stock stores have stored, pin and all, and the datastore with it', async (t) => {
    const found = await afterCut(await temporaryFolder(t), async (dir) => {
      const blockstore = new FsBlockstore(join(dir, 'blocks'))
      await blockstore.open()
      const datastore = new LevelDatastore(join(dir, 'datastore'))
      await datastore.open()
      for (const { cid, bytes } of BLOCKS) await blockstore.put(cid, bytes)
      await datastore.put(PIN, new Uint8Array([1]))
      return { release: async () => datastore.close() }
    })
    assert.deepEqual(found, { error: 'DatastoreOpenError' })
  })

  it('leaves a home that opens, with every announced checkpoint whole', async (t) => {
    const { violations, pinsRead } = await powerCutCampaign({ folder: await temporaryFolder(t), cuts: 2, seed: 2 })
    assert.deepEqual(violations, [])
    assert.ok(pinsRead > 0)
  })
})
