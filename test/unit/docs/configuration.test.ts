import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flagOf, isReadBy, SETTING_KEYS, type SettingKey } from '../../../node/settings.ts'
import { helpOf } from './help.ts'
import { readRepositoryFile } from './repository.ts'
import { withSettingsTable } from './settings-table.ts'

describe('docs/configuration.md', async () => {
  const page = await readRepositoryFile('docs/configuration.md')

  it('has the table of the settings as they are; `npm run docs` makes it anew', () => {
    assert.equal(page, withSettingsTable(page))
  })

  it('is refused when a row is missing (control)', () => {
    const shorter = page.replace(/^\| `lingerSeconds`.*\n/m, '')
    assert.notEqual(shorter, page)
    assert.notEqual(shorter, withSettingsTable(shorter))
  })
})

describe('the verbs that a setting names', () => {
  /** Bounds that come with the verbs' options of the same name. */
  const LATER: readonly SettingKey[] = ['maxUpload', 'maxCpu', 'hours']

  it('have its option', async () => {
    const missing: string[] = []
    for (const verb of ['init', 'create', 'join', 'start', 'preview', 'status']) {
      const help = await helpOf(verb)
      for (const key of SETTING_KEYS.filter((name) => isReadBy(name, verb) && !LATER.includes(name)))
        if (!help.includes(`${flagOf(key)} `)) missing.push(`${verb} ${flagOf(key)}`)
    }
    assert.deepEqual(missing, [])
  })
})
