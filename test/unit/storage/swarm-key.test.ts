import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { fingerprintText, giveSwarmKey, newSwarmKey, parseSwarmKey, readSwarmKey } from '../../../storage/index.ts'
import { temporaryHome } from './temporary-home.ts'

const DIGITS = '8ba5a9c1'.repeat(8)
const LINES = ['/key/swarm/psk/1.0.0/', '/base16/', DIGITS]

suite('swarm key', () => {
  test('is read in whatever line ends and case it came', () => {
    const { file, fingerprint } = parseSwarmKey('swarm.key', LINES.join('\n'))
    const upper = [LINES[0], LINES[1], DIGITS.toUpperCase()].join('\n')
    for (const text of [`${LINES.join('\r\n')}\r\n`, `${LINES.join('\n')}\n\n`, upper]) {
      assert.deepEqual(parseSwarmKey('swarm.key', text), { file, fingerprint })
    }
    assert.equal(fingerprintText(fingerprint), '8a3581ab66a9f1c2')
  })

  test('is refused where the library would take something else for one', () => {
    const wrong = [
      ['/key/swarm/psk/1.0.0/', '/base64/', DIGITS],
      ['/key/swarm/psk/2.0.0/', '/base16/', DIGITS],
      ['/key/swarm/psk/1.0.0/', '/base16/', DIGITS.slice(2)],
      ['/key/swarm/psk/1.0.0/', '/base16/', `${DIGITS}00`],
      ['/key/swarm/psk/1.0.0/', '/base16/', DIGITS, 'more'],
      ['/key/swarm/psk/1.0.0/', '/base16/', `${DIGITS}${' '.repeat(2000)}`],
      ['', '']
    ]
    for (const lines of wrong) {
      assert.throws(() => parseSwarmKey('a/swarm.key', lines.join('\n')), {
        code: 'ERR_SWARM_KEY_CORRUPT',
        message: /^a\/swarm\.key holds no swarm key/
      })
    }
  })

  test('is given to a home once, for its owner alone, and never replaced', async (t) => {
    const home = await temporaryHome(t)
    assert.equal(await readSwarmKey(home.dir), undefined)
    const key = newSwarmKey()
    await giveSwarmKey(home, key)
    await giveSwarmKey(home, key)
    assert.deepEqual(await readSwarmKey(home.dir), key)
    assert.equal((await stat(home.path('swarm.key'))).mode & 0o777, 0o600)
    assert.deepEqual(new Uint8Array(await readFile(home.path('swarm.key'))), key.file)
    await assert.rejects(giveSwarmKey(home, newSwarmKey()), { code: 'ERR_SWARM_KEY_EXISTS' })
    assert.deepEqual(await readSwarmKey(home.dir), key)
    await writeFile(home.path('swarm.key'), 'nonsense')
    await assert.rejects(readSwarmKey(home.dir), { code: 'ERR_SWARM_KEY_CORRUPT' })
  })
})
