import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readStudy } from '../../../../node/commands/read-study.ts'
import { ATTACK_NAMES } from '../../../../node/simulate/attacks/attack-names.ts'
import { temporaryFolder } from '../../../integration/temporary-folder.ts'

const ATTACKS_STUDY = new URL('../../../../docs/studies/attacks.jsonc', import.meta.url)

async function read(t: TestContext, text: string, given = {}) {
  const path = join(await temporaryFolder(t), 'study.jsonc')
  await writeFile(path, text)
  return readStudy(path, given)
}

suite('the file of a study', () => {
  test('gives every variant its own options on top of those of all, and the command line the last word', async (t) => {
    const text = `{ // a comment
      "repeat": 4,
      "options": { "peers": 9, "rounds": 30, "speeds": "1-4" },
      "variants": [{ "label": "calm" }, { "label": "bad", "rounds": 20, "loss": 0.3, "repair": false, "data": ["wdbc"] },],
    }`
    const { repeat, variants } = await read(t, text, { peers: 12 })
    const [calm, bad] = variants
    assert.deepEqual([repeat, variants.map(({ label }) => label)], [4, ['calm', 'bad']])
    assert.deepEqual([calm!.options.peers, calm!.options.rounds, calm!.options.loss], [12, 30, 0])
    assert.deepEqual(calm!.options.speeds, [1, 4])
    const { rounds, loss, repair, data } = bad!.options
    assert.deepEqual([rounds, loss, repair, data], [20, 0.3, false, ['wdbc']])
  })

  test('turns a share of attackers into a number of peers, one in five where it is left out', async (t) => {
    const text = `{ "options": { "peers": 20, "attack": "alie" }, "variants": [
      { "label": "usual" }, { "label": "half", "attackers": 0.5 }, { "label": "three", "attackers": 3 }, { "label": "few", "attackers": 0.01 }
    ] }`
    const { variants } = await read(t, text)
    assert.deepEqual(
      variants.map(({ options }) => [options.attack, options.attackers]),
      [
        ['alie', 4],
        ['alie', 10],
        ['alie', 3],
        ['alie', 1]
      ]
    )
  })

  const faults: readonly [what: string, text: string, expected: RegExp][] = [
    ['no JSON', '{\n "variants": [\n', /study\.jsonc, line 3: not JSON/],
    ['no variants', '{}', /study\.jsonc: variants: /],
    ['a variant without label', '{"variants": [{"loss": 0.1}]}', /study\.jsonc: variants\.0\.label: /],
    ['an unknown option', '{"variants": [{"label": "a", "los": 0.1}]}', /variant "a": unknown option '--los'/],
    ['an impossible value', '{"variants": [{"label": "a", "loss": 1}]}', /variant "a": .*'1' is invalid\. must be/],
    ['attackers who do nothing', '{"variants": [{"label": "a", "attackers": 2}]}', /--attack what they do/],
    ['nobody but attackers', '{"variants": [{"label": "a", "attack": "alie", "attackers": 16}]}', /at most 15/],
    ['an unknown attack', '{"variants": [{"label": "a", "attack": "shout"}]}', /'shout' is invalid/],
    ['a contradiction', '{"variants": [{"label": "a", "peers": 4, "late": 4}]}', /--late 4 of 4 peers/]
  ]

  for (const [what, text, expected] of faults) {
    test(`is refused with ${what}`, async (t) => {
      await assert.rejects(read(t, text), (error: Error & { code?: string }) => {
        assert.match(error.message, expected)
        return error.code === 'ERR_USAGE'
      })
    })
  }

  test('of attacks that the docs name plays every one of them', async () => {
    const { variants } = await readStudy(fileURLToPath(ATTACKS_STUDY), {})
    assert.deepEqual(
      variants.map(({ options }) => options.attack),
      ATTACK_NAMES
    )
    assert.ok(variants.every(({ label, options }) => label === options.attack && options.attackers === 4))
  })

  test('is told by its path when it is not there', async () => {
    await assert.rejects(readStudy('/nowhere/study.jsonc', {}), /nowhere\/study\.jsonc \(ENOENT\)/)
  })
})
