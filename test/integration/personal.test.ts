import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ALONE = ['--wait-for-links', '0', '--linger-seconds', '0', '--listen', '/ip4/127.0.0.1/tcp/0']
const measured = z.object({ personal: z.literal(true), n: z.literal(90), accuracy: z.number() })

it('keeps the layers of a peer in its home, where a checkpoint lacks them, and measures its own model', async (t) => {
  const folder = await temporaryFolder(t)
  const plan = ['--model', 'mlp:4', '--rounds', '40', '--local-layers', 'dense_2', '--checkpoint-every', '40']
  const { invite, home, data } = await createInvitedRun(t, folder, ...plan)
  const evaluate = ['evaluate', invite, '--home', home, '--data', data]

  const early = await run(t, ...evaluate, '--personal')
  assert.equal(early.code, 1)
  assert.match(early.stderr, /has no personal model of run \w+: name that of a peer that trained in it/)

  const { code, stderr } = await run(t, 'join', invite, '--home', home, '--data', data, ...ALONE)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /accuracy [\d.]+ %, with its own model accuracy [\d.]+ %/)
  const { accuracy } = measured.parse(await runJson(t, ...evaluate, '--personal'))
  assert.ok(accuracy > 0.7, `accuracy ${accuracy}`)

  const [, checkpoint = ''] = /checkpoint of round \d+: (\w+)/.exec(stderr) ?? []
  const whole = await run(t, 'evaluate', checkpoint, '--home', home, '--data', data)
  assert.equal(whole.code, 1)
  assert.match(whole.stderr, /keep layer dense_2 to themselves, so its checkpoints lack it: .* with --personal/)
  measured.parse(await runJson(t, 'evaluate', checkpoint, '--personal', '--home', home, '--data', data))
})
