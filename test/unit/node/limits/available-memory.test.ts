import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { availableMemory } from '../../../../node/limits/available-memory.ts'

const MB = 1e6
const FREE = 8000 * MB

/** A root of a file system with these files in it. */
async function rootWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'starling-root-'))
  t.after(() => rm(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

describe('available memory', () => {
  it('is what the machine has where no control group limits it', async (t) => {
    const root = await rootWith(t, { 'proc/self/cgroup': '0::/user\n', 'sys/fs/cgroup/user/memory.max': 'max\n' })
    assert.equal(await availableMemory({ root, free: FREE }), FREE)
    assert.equal(await availableMemory({ root: join(root, 'nowhere'), free: FREE }), FREE)
  })

  it('is what the tightest group above the process leaves, cached files not counted (version 2)', async (t) => {
    const group = 'sys/fs/cgroup/app/peer'
    const root = await rootWith(t, {
      'proc/self/cgroup': '0::/app/peer\n',
      [`${group}/memory.max`]: 'max\n',
      [`${group}/memory.current`]: `${100 * MB}\n`,
      'sys/fs/cgroup/app/memory.max': `${1000 * MB}\n`,
      'sys/fs/cgroup/app/memory.current': `${900 * MB}\n`,
      'sys/fs/cgroup/app/memory.stat': `anon 1\ninactive_file ${300 * MB}\nactive_file 5\n`
    })
    assert.equal(await availableMemory({ root, free: FREE }), 400 * MB)
  })

  it('is found in version 1 too, where a container sees its own group as the root', async (t) => {
    const group = 'sys/fs/cgroup/memory'
    const root = await rootWith(t, {
      'proc/self/cgroup': '9:name=systemd:/\n4:memory:/docker/abc\n0::/\n',
      [`${group}/memory.limit_in_bytes`]: `${500 * MB}\n`,
      [`${group}/memory.usage_in_bytes`]: `${200 * MB}\n`,
      [`${group}/memory.stat`]: `inactive_file 7\ntotal_inactive_file ${50 * MB}\n`
    })
    assert.equal(await availableMemory({ root, free: FREE }), 350 * MB)
    assert.equal(await availableMemory({ root, free: 10 * MB }), 10 * MB)
  })
})
