import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProgram } from '../../../../node/commands/index.ts'

const namesOf = async (...words: string[]) => (await createProgram(words)).commands.map((command) => command.name())

describe('the command line', async () => {
  const all = await namesOf()

  it('loads, for a verb that is named, that verb and hardly more', async () => {
    assert.ok(all.length > 15)
    for (const verb of all) {
      const loaded = await namesOf('--debug', verb, '--json')
      assert.ok(loaded.includes(verb) && loaded.length <= 4, `${verb}: ${loaded.join(' ')}`)
    }
    assert.deepEqual(await namesOf('--version'), [])
  })

  it('knows all verbs where one was mistyped or help is wanted', async () => {
    for (const words of [['statsu'], ['--help'], ['help', 'status'], []]) assert.deepEqual(await namesOf(...words), all)
  })
})
