import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isMetered } from '../../../../node/limits/index.ts'

describe('a metered network', () => {
  for (const [said, metered] of [
    ['u 1', true],
    ['u 3', true],
    ['u 2', false],
    ['u 4', false],
    ['u 0', undefined],
    ['nonsense', undefined]
  ] as const) {
    it(`is ${metered} where NetworkManager says ${said}`, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'starling-busctl-'))
      t.after(() => rm(folder, { recursive: true }))
      const command = join(folder, 'busctl')
      await writeFile(command, `#!/bin/sh\necho "${said}"\n`, { mode: 0o755 })
      assert.equal(await isMetered(command), metered)
    })
  }

  it('is not known where nobody can be asked', async () => {
    assert.equal(await isMetered('/no/such/busctl'), undefined)
  })
})
