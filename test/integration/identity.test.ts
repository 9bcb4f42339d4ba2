import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { run, runJson } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function peerIn(t: Parameters<typeof runJson>[0], home: string): Promise<string> {
  return ((await runJson(t, 'identity', 'show', '--home', home)) as { peer: string }).peer
}

describe('the identity of a home', () => {
  it('is made once, backed up for its owner alone, and is the same in the home that it is restored to', async (t) => {
    const folder = await temporaryFolder(t)
    const [home, other, backup] = ['home', 'other', 'backup.key'].map((name) => join(folder, name))
    const { peer } = (await runJson(t, 'init', '--home', home!)) as { peer: string }
    assert.equal(await peerIn(t, home!), peer)
    await runJson(t, 'identity', 'backup', backup!, '--home', home!)
    assert.equal((await stat(backup!)).mode & 0o777, 0o600)
    await runJson(t, 'identity', 'restore', backup!, '--home', other!)
    assert.equal(await peerIn(t, other!), peer)
  })

  it('can be renewed, and the old key is kept', async (t) => {
    const home = join(await temporaryFolder(t), 'home')
    const { peer } = (await runJson(t, 'init', '--home', home)) as { peer: string }
    const key = await readFile(join(home, 'identity.key'))
    const renewed = (await runJson(t, 'identity', 'renew', '--home', home)) as {
      peer: string
      was: string
      oldKey: string
    }
    assert.equal(renewed.was, peer)
    assert.notEqual(renewed.peer, peer)
    assert.equal(await peerIn(t, home), renewed.peer)
    assert.deepEqual(await readFile(renewed.oldKey), key)
  })

  it('is never overwritten, and no home is left by a backup that is none', async (t) => {
    const folder = await temporaryFolder(t)
    const [home, empty, backup, wrong] = ['home', 'empty', 'backup.key', 'wrong.key'].map((name) => join(folder, name))
    await runJson(t, 'init', '--home', home!)
    await runJson(t, 'identity', 'backup', backup!, '--home', home!)
    await writeFile(wrong!, 'no key')
    const refusals: [string[], RegExp][] = [
      [['backup', backup!, '--home', home!], /backup\.key exists already: choose another name/],
      [['restore', backup!, '--home', home!], /has a key already: move .*identity\.key away first/],
      [['restore', wrong!, '--home', empty!], /wrong\.key holds no valid Ed25519 key/],
      [['restore', join(folder, 'none'), '--home', empty!], /none cannot be read \(ENOENT\)/],
      [['show', '--home', empty!], /there is no home at/]
    ]
    for (const [words, sentence] of refusals) {
      const { code, stdout, stderr } = await run(t, 'identity', ...words)
      assert.deepEqual([code, stdout], [1, ''], words.join(' '))
      assert.match(stderr, sentence)
      assert.equal(stderr.trim().split('\n').length, 1)
    }
    await assert.rejects(stat(empty!))
  })
})
