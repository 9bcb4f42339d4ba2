import assert from 'node:assert/strict'
import { access, copyFile, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { z } from 'zod'
import { writeDigitImages } from '../bench/digit-images.ts'
import { run, runJson } from './starling.ts'
import { suiteOwner, temporaryFolder } from './temporary-folder.ts'

/** Of each class: few enough for a run of seconds, enough to tell a zero from a one. */
const IMAGES_PER_CLASS = 40

describe('a folder of images', { concurrency: 1 }, () => {
  const suite = suiteOwner()
  let folder: string
  let images: string

  before(async () => {
    folder = await temporaryFolder(suite)
    await writeDigitImages(join(folder, 'all'))
    images = join(folder, 'images')
    for (const name of ['0', '1']) {
      await mkdir(join(images, name), { recursive: true })
      const files = (await readdir(join(folder, 'all', name))).sort().slice(0, IMAGES_PER_CLASS)
      for (const file of files) await copyFile(join(folder, 'all', name, file), join(images, name, file))
    }
  })

  it('is dealt out, learned, and predicted by the names of files', async (t) => {
    const home = join(folder, 'demo')
    const plan = ['--peers', '2', '--rounds', '4', '--model', 'linear', '--alpha', '100']
    const report = z
      .object({ checkpoint: z.string(), flock: z.object({ mean: z.number() }) })
      .parse(await runJson(t, 'demo', '--data', images, ...plan, '--home', home))
    assert.ok(report.flock.mean > 0.9, `${report.flock.mean} right`)
    const model = [report.checkpoint, '--home', join(home, 'pinner')]
    const evaluated = z
      .object({ n: z.number(), accuracy: z.number() })
      .parse(await runJson(t, 'evaluate', ...model, '--data', images))
    assert.equal(evaluated.n, 2 * IMAGES_PER_CLASS)
    assert.ok(evaluated.accuracy > 0.9)
    const flat = join(folder, 'flat')
    await mkdir(flat)
    await copyFile(join(images, '0', '0000.png'), join(flat, 'nought.png'))
    await copyFile(join(images, '1', '0001.png'), join(flat, 'one.png'))
    const { stdout, code } = await run(t, 'predict', ...model, '--data', flat)
    assert.equal(code, 0)
    assert.match(stdout, /^file,label,probability\nnought\.png,0,[01]\.\d{4}\none\.png,1,[01]\.\d{4}\n$/)
  })

  it('makes a run without a label named, and damage in it is one sentence and no home', async (t) => {
    const plan = ['--listen', '/ip4/127.0.0.1/tcp/0', '--model', 'linear', '--yes']
    const home = join(folder, 'creator')
    const created = await run(t, 'create', '--home', home, '--data', images, ...plan)
    assert.equal(created.code, 0, created.stderr)
    assert.match(created.stdout, /^run +bafy\w+ \(linear, 1570 parameters\)/)
    assert.match(created.stderr, /task\.label +label\n(.*\n)* +task\.classes +0, 1\n/)
    const previewed = await run(t, 'preview', '--data', images, '--model', 'cnn:8')
    assert.match(previewed.stdout, /manifest \(2786 parameters\)/, previewed.stderr)
    const bad = join(folder, 'bad')
    await cp(images, bad, { recursive: true })
    await writeFile(join(bad, '1', 'zz.png'), (await readdir(bad)).join())
    const refused = await run(t, 'create', '--home', join(folder, 'none'), '--data', bad, ...plan)
    assert.match(refused.stderr, /^starling: \S+zz\.png is neither a PNG nor a JPEG image: .*\n$/)
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    await assert.rejects(access(join(folder, 'none')))
    await rm(bad, { recursive: true })
  })
})
