/** CAR archives between Kubo and homes: the roots are the same; the bytes need not be, for either orders blocks its way. */
import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { exportCar } from '../../../node/commands/export-car.ts'
import { importCar } from '../../../node/commands/import-car.ts'
import { withHomeStorage } from '../../../node/commands/with-home-storage.ts'
import { openHome } from '../../../storage/index.ts'
import { createInvitedRun } from '../../integration/invited-run.ts'
import { runJson, start } from '../../integration/starling.ts'
import { suiteOwner, temporaryFolder } from '../../integration/temporary-folder.ts'
import { noise } from '../../unit/storage/temporary-storage.ts'
import { Kubo } from './kubo.ts'

const WEIGHTS_BYTES = 3 * 1024 * 1024 + 5

describe('CAR archives', () => {
  const suite = suiteOwner()
  let kubo: Kubo
  let folder: string

  before(async () => {
    kubo = await Kubo.start(suite)
    folder = await temporaryFolder(suite)
  })

  async function newHome(name: string): Promise<string> {
    const home = join(folder, name)
    await (await openHome(home, { create: true })).close()
    return home
  }

  /** The one root that Kubo finds in an archive, and has all blocks of. */
  async function importedByKubo(file: string): Promise<string> {
    const lines = (await kubo.run('dag', 'import', '--enc=json', file)).split('\n')
    const [root, ...others] = lines.map(
      (line) => JSON.parse(line) as { Root: { Cid: { '/': string }; PinErrorMsg: string } }
    )
    assert.deepEqual(others, [])
    assert.equal(root!.Root.PinErrorMsg, '')
    return root!.Root.Cid['/']
  }

  it('of a checkpoint in a home have the same root in Kubo, and come back', async () => {
    const home = await newHome('author')
    const weights = noise(WEIGHTS_BYTES, 3)
    const { root } = await withHomeStorage(home, ({ checkpoints }) =>
      checkpoints.put({
        run: 'bafy',
        seq: 1,
        round: 1,
        createdAt: 1,
        weights,
        encode: (links) => dagCbor.encode({ round: 1, ...links })
      })
    )
    const file = join(folder, 'ours.car')
    const { bytes } = await exportCar(root.toString(), { home, output: file })
    assert.equal(bytes, (await stat(file)).size)
    assert.equal(await importedByKubo(file), root.toString())

    const back = join(folder, 'back.car')
    await writeFile(back, await kubo.bytes('dag', 'export', '--progress=false', root.toString()))
    const other = await newHome('reader')
    const imported = await importCar(back, { home: other, pin: true })
    assert.deepEqual(imported.roots, [root.toString()])
    await withHomeStorage(other, async (storage) => {
      assert.ok(await storage.pins.get(root))
      assert.deepEqual((await storage.sweep({ graceMs: -1 })).missing, [])
      const manifest = dagCbor.decode<{ weights: CID }>(await storage.getBlock(root))
      assert.ok(Buffer.from(await storage.getFile(manifest.weights)).equals(weights))
    })
  })

  it('go to and from a peer that runs', async (t) => {
    const { invite, home } = await createInvitedRun(t, await temporaryFolder(t))
    const pinner = start(t, 'start', invite, '--home', home)
    await pinner.says('following run')
    const [run] = (await runJson(t, 'pins', '--home', home)) as { root: string }[]
    const file = join(folder, 'run.car')
    await runJson(t, 'export', run!.root, '--format', 'car', '--home', home, '--output', file)
    assert.equal(await importedByKubo(file), run!.root)

    const path = join(folder, 'added.bin')
    await writeFile(path, noise(WEIGHTS_BYTES, 4))
    const added = await kubo.run('add', '--quieter', path)
    await writeFile(file, await kubo.bytes('dag', 'export', '--progress=false', added))
    const imported = (await runJson(t, 'import', file, '--pin', '--home', home)) as { roots: string[] }
    assert.deepEqual(imported.roots, [added])
    const pins = (await runJson(t, 'pins', '--home', home)) as { root: string; by: string }[]
    assert.equal(pins.find(({ root }) => root === added)?.by, 'user')
  })
})
