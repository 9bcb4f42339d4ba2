import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { printed, saidBy } from './bad-input/case.ts'
import { BAD_INPUT, badInputPage } from './bad-input/table.ts'
import { createWorld, exists, type World } from './bad-input/world.ts'
import { run } from './starling.ts'
import { suiteOwner } from './temporary-folder.ts'

describe('bad input', { concurrency: 2 }, () => {
  let world: World
  const suite = suiteOwner()

  before(async () => {
    world = await createWorld(suite)
  })

  let homes = 0
  for (const { input, sentence, exitCode, state, play, check } of Object.values(BAD_INPUT).flat()) {
    it(`${input}: exit ${exitCode}, ${state}`, async (t) => {
      homes += 1
      const name = `home-${homes}`
      const place = { world, t, home: join(world.folder, name) }
      const finished = await play(place)
      const said = saidBy(finished).map((line) => printed(world.folder, line).replaceAll(name, 'HOME'))
      if (sentence === '') assert.deepEqual(said, [])
      else assert.ok(said.includes(sentence), `said ${JSON.stringify(said)}\n${finished.stderr}`)
      if (exitCode === 1) assert.equal(said.length, 1, 'more than one sentence')
      assert.doesNotMatch(finished.stderr, /^\s+at /m)
      if (exitCode !== 0) assert.equal(finished.stdout, '')
      assert.equal(finished.code, exitCode, finished.stderr)
      await check(place)
    })
  }

  it('shows the stack only when asked with --debug', async (t) => {
    const { code, stderr } = await run(t, '--debug', 'evaluate', 'checkpoint-7', '--data', world.path('good.csv'))
    assert.equal(code, 2)
    assert.match(stderr, /^starling: UsageError: .*\n {4}at /)
    assert.equal(await exists(world.path('checkpoint-7')), false)
  })

  it('is listed in docs/bad-input.md as it is tried here', async () => {
    const page = await readFile(new URL('../../docs/bad-input.md', import.meta.url), 'utf8')
    assert.equal(page, badInputPage(), 'run node test/integration/bad-input/regenerate.ts')
  })
})
