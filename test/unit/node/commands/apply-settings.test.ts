import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Command, CommanderError } from 'commander'
import { acceptSettings } from '../../../../node/commands/apply-settings.ts'
import { whole } from '../../../../node/commands/options.ts'

/** Options that a `join` in a home with this file is given with these words. */
async function optionsOf(t: TestContext, file: object, ...words: string[]): Promise<Record<string, unknown>> {
  const home = await mkdtemp(join(tmpdir(), 'starling-settings-'))
  t.after(() => rm(home, { recursive: true }))
  await writeFile(join(home, 'config.json'), JSON.stringify(file))
  let options: Record<string, unknown> = {}
  const program = new Command('starling').exitOverride().configureOutput({ writeErr: () => {} })
  for (const name of ['join', 'evaluate', 'demo']) {
    program
      .command(name)
      .option('--home <dir>', '', 'nowhere')
      .requiredOption('--data <file>')
      .option('--wait-for-links <n>', '', whole(0, 8), 1)
      .action((given) => {
        options = given
      })
      .exitOverride()
  }
  acceptSettings(program)
  await program.parseAsync([...words, '--home', home], { from: 'user' })
  return options
}

const isMissing = (error: unknown) =>
  error instanceof CommanderError && error.code === 'commander.missingMandatoryOptionValue'

describe('the options of a verb', () => {
  it('are filled from the file where the command line leaves them out, required ones too', async (t) => {
    const file = { waitForLinks: 3, data: '/rows.csv' }
    const filled = await optionsOf(t, file, 'join')
    assert.deepEqual([filled.waitForLinks, filled.data], [3, '/rows.csv'])
    const given = await optionsOf(t, file, 'join', '--wait-for-links', '1', '--data', 'own.csv')
    assert.deepEqual([given.waitForLinks, given.data], [1, 'own.csv'])
  })

  it('stay as they are where the setting is for another verb, and missing ones are still told', async (t) => {
    await assert.rejects(optionsOf(t, { data: '/rows.csv' }, 'evaluate'), isMissing)
    await assert.rejects(optionsOf(t, {}, 'join'), isMissing)
    const { waitForLinks, config } = await optionsOf(t, { waitForLinks: 3 }, 'demo', '--data', 'x')
    assert.deepEqual([waitForLinks, config], [1, undefined])
  })

  it("go through the option's own parser, whose refusal names the file", async (t) => {
    await assert.rejects(
      optionsOf(t, { waitForLinks: 9, data: 'x' }, 'join'),
      /config\.json: waitForLinks is 9: it must be a whole number from 0 to 8$/
    )
  })
})
