import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson } from './starling.ts'
import { LABEL, writeBlobs } from './tables.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Preview {
  readonly peer: string | null
  readonly addresses: string[]
  readonly manifest: { readonly task: { readonly columns: { name: string }[]; readonly classes: string[] } }
  readonly samples: number
  readonly heldOut: number
  readonly delta: { readonly payloadBytes: number; readonly atLeast: number }
}

describe('create', () => {
  it('refuses where nobody can be asked, says how to go on, and makes no home', async (t) => {
    const folder = await temporaryFolder(t)
    const home = join(folder, 'home')
    const data = await writeBlobs(join(folder, 'rows.csv'), 60, 1)
    for (const words of [[], ['--json']]) {
      const { code, stdout, stderr } = await run(
        t,
        'create',
        '--home',
        home,
        '--data',
        data,
        '--label',
        LABEL,
        ...words
      )
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(
        stderr,
        /^starling: create makes values of your files public for ever .*`starling preview`, then add --yes\n$/
      )
    }
    await assert.rejects(access(home))
  })

  it('prints every value that becomes public', async (t) => {
    const folder = await temporaryFolder(t)
    const data = await writeBlobs(join(folder, 'rows.csv'), 60, 1)
    const words = ['--home', join(folder, 'home'), '--data', data, '--label', LABEL, '--classes', 'robin', '--yes']
    const { code, stdout, stderr } = await run(t, 'create', ...words)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /task\.columns +name x, kind number, centre -?[\d.]+, scale [\d.]+\n/)
    assert.match(stderr, /task\.classes +finch, robin, starling, wren\n/)
    assert.match(stdout, /^run {5}bafy\w+ .*\ninvite {2}starling1b\w+\n$/)
  })
})

describe('preview', () => {
  it('tells a creator and a trainer what others would see, and makes no home', async (t) => {
    const folder = await temporaryFolder(t)
    const data = await writeBlobs(join(folder, 'rows.csv'), 60, 1)
    const none = join(folder, 'none')
    const words = ['--data', data, '--rounds', '7', '--model', 'linear']
    const drafted = (await runJson(t, 'preview', ...words, '--label', LABEL, '--home', none)) as Preview
    assert.deepEqual(
      drafted.manifest.task.columns.map(({ name }) => name),
      ['x', 'y']
    )
    assert.equal(drafted.peer, null)
    assert.equal(drafted.samples + drafted.heldOut, 60)
    assert.equal(drafted.delta.atLeast, 13)
    await assert.rejects(access(none))

    const { invite, home } = await createInvitedRun(t, folder)
    const invited = (await runJson(t, 'preview', invite, '--home', home, '--data', data)) as Preview
    assert.match(invited.peer!, /^12D3Koo/)
    assert.ok(invited.addresses.every((address) => address.endsWith(`/p2p/${invited.peer}`)))
    const unknown = await run(t, 'preview', invite, '--home', none, '--data', data)
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /^starling: the home .*none does not hold run bafy\w+, .*: add --fetch/)
    await assert.rejects(access(none))
  })
})
