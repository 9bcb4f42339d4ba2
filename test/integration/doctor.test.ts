import assert from 'node:assert/strict'
import { readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { createInvitedRun } from './invited-run.ts'
import { run, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const findings = z.strictObject({
  v: z.literal(1),
  home: z.string(),
  blocks: z.int(),
  torn: z.int(),
  unfinished: z.int(),
  kept: z.int(),
  fetched: z.array(z.string()),
  lost: z.array(
    z.strictObject({ root: z.string(), kind: z.string(), missing: z.array(z.string()), reason: z.string() })
  )
})

/** Cuts half of every block off, as a power cut may that nobody noticed. */
async function tearBlocks(home: string): Promise<number> {
  const entries = await readdir(join(home, 'blocks'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  for (const file of files) await truncate(file, Math.floor((await stat(file)).size / 2))
  return files.length
}

describe('starling doctor', () => {
  it('finds torn blocks, fetches what is kept from peers, and a start does so by itself', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, '--rounds', '1000000')
    const creator = start(t, 'start', invite, '--home', home)
    await creator.says('following run')
    const own = join(folder, 'own')
    const words = ['--home', own, '--data', data, '--listen', '/ip4/127.0.0.1/tcp/0', '--wait-for-links', '0']
    const trainer = start(t, 'join', invite, ...words)
    await trainer.says('round 1 of')
    trainer.kill('SIGTERM')
    await trainer.finished
    const doctor = async () => {
      const { code, stdout } = await run(t, 'doctor', '--check-store', '--home', own, '--json')
      return { code, found: findings.parse(JSON.parse(stdout)) }
    }
    const before = await doctor()
    assert.deepEqual([before.code, before.found.torn, before.found.lost], [0, 0, []])

    const torn = await tearBlocks(own)
    const mended = await doctor()
    assert.deepEqual([mended.code, mended.found.torn, mended.found.lost], [0, torn, []])
    assert.equal(mended.found.fetched.length, 1, 'the run is fetched again from its creator')
    assert.equal((await doctor()).found.fetched.length, 0)

    // As after a power cut: no mark of an orderly stop.
    await writeFile(join(own, 'stores.json'), '{"clean":false,"at":0}')
    await tearBlocks(own)
    const again = start(t, 'join', '--home', own, '--wait-for-links', '0')
    await again.says('all that is kept is whole again')
    again.kill('SIGTERM')
    await again.finished

    creator.kill('SIGTERM')
    await creator.finished
    await tearBlocks(own)
    const alone = await doctor()
    assert.equal(alone.code, 1, 'control: nobody is there to give it')
    assert.deepEqual(
      alone.found.lost
        .map(({ kind }) => kind)
        .sort()
        .at(-1),
      'run'
    )
  })
})
