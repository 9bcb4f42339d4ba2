import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { z } from 'zod'
import { createInvitedRun, type InvitedRun } from './invited-run.ts'
import { playedRounds } from './played-rounds.ts'
import { runJson, type Starling, start } from './starling.ts'
import { writeBlobs } from './tables.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const joined = z.strictObject({
  run: z.string(),
  rounds: z.int(),
  metrics: z.strictObject({ n: z.int(), loss: z.number(), accuracy: z.number() }),
  checkpoint: z.string().nullable()
})
const evaluated = z.looseObject({ checkpoint: z.string(), round: z.int(), accuracy: z.number() })

const invited = z.looseObject({ invite: z.string() })
const predicted = z.looseObject({ predictions: z.array(z.looseObject({ label: z.string() })) })

const ROUNDS = 200

interface Company extends InvitedRun {
  readonly folder: string
  readonly pinner: Starling
  readonly trainers: readonly Starling[]
}

/** Four homes: a creator that serves its run as a pinner, and two trainers that know nothing but the invite. */
async function startCompany(t: TestContext): Promise<Company> {
  const folder = await temporaryFolder(t)
  const run = await createInvitedRun(t, folder, '--rounds', String(ROUNDS), '--checkpoint-every', '50')
  const pinner = start(t, 'start', run.invite, '--home', run.home)
  await pinner.says('following run')
  const trainers = []
  for (const name of ['left', 'right']) {
    const rows = await writeBlobs(join(folder, `${name}.csv`), 60, name.length)
    const words = ['--home', join(folder, name), '--data', rows, '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
    trainers.push(start(t, 'join', run.invite, ...words, '--linger-seconds', '4'))
  }
  return { ...run, folder, pinner, trainers }
}

async function reportOf(trainer: Starling): Promise<z.infer<typeof joined>> {
  const { code, stdout, stderr } = await trainer.finished
  assert.equal(code, 0, stderr)
  return joined.parse(JSON.parse(stdout))
}

describe('a run by hand', () => {
  it('ends well for the trainers when the pinner that introduced them is killed half way', async (t) => {
    const { folder, pinner, trainers, data } = await startCompany(t)
    const left = join(folder, 'left')
    await waitFor('a quarter of the rounds', async () => (await playedRounds(left)) > ROUNDS / 4)
    pinner.kill('SIGKILL')
    await pinner.finished
    assert.ok((await playedRounds(left)) < ROUNDS, 'it was killed too late')
    const reports = await Promise.all(trainers.map(reportOf))
    for (const { rounds, metrics } of reports) {
      assert.equal(rounds, ROUNDS)
      assert.ok(metrics.accuracy > 0.8, `accuracy ${metrics.accuracy}`)
    }
    // Whoever made the final checkpoint holds it; the other may only have heard of it.
    const { checkpoint } = reports[0]!
    assert.ok(checkpoint)
    const author = trainers[0]!.stderr.includes(checkpoint) ? 'left' : 'right'
    const model = evaluated.parse(
      await runJson(t, 'evaluate', checkpoint, '--home', join(folder, author), '--data', data)
    )
    assert.ok(model.accuracy > 0.8)
  })

  it('outlives its creator, and whoever has an invite of the pinner predicts with what it kept', async (t) => {
    const { folder, pinner: creator, trainers, invite, data } = await startCompany(t)
    const home = join(folder, 'keeper')
    const keeper = start(t, 'start', invite, '--home', home, '--listen', '/ip4/127.0.0.1/tcp/0')
    await keeper.says('following run')
    const left = join(folder, 'left')
    await waitFor('a quarter of the rounds', async () => (await playedRounds(left)) > ROUNDS / 4)
    creator.kill('SIGKILL')
    await creator.finished
    assert.ok((await playedRounds(left)) < ROUNDS, 'it was killed too late')
    for (const { rounds } of await Promise.all(trainers.map(reportOf))) assert.equal(rounds, ROUNDS)
    await keeper.says('(done')

    const fresh = invited.parse(await runJson(t, 'invite', '--home', home))
    const { predictions } = predicted.parse(await runJson(t, 'predict', fresh.invite, '--data', data))
    assert.equal(predictions.length, 90)
    assert.equal(evaluated.parse(await runJson(t, 'evaluate', fresh.invite, '--data', data)).round, ROUNDS)
    keeper.kill('SIGINT')
    assert.equal((await keeper.finished).code, 130)
  })

  it('leaves the model with the pinner, which gives it to whoever has the invite', async (t) => {
    const { pinner, trainers, invite, home, data } = await startCompany(t)
    const reports = await Promise.all(trainers.map(reportOf))
    await pinner.says('(done')

    const fetched = evaluated.parse(await runJson(t, 'evaluate', invite, '--data', data))
    // Trainers that end at the same moment both make one; the pinner keeps the first that it hears of.
    assert.ok(reports.some(({ checkpoint }) => checkpoint === fetched.checkpoint))
    assert.equal(fetched.round, ROUNDS)
    assert.ok(fetched.accuracy > 0.8, `accuracy ${fetched.accuracy}`)

    pinner.kill('SIGINT')
    assert.equal((await pinner.finished).code, 130)
    const kept = await runJson(t, 'evaluate', fetched.checkpoint, '--home', home, '--data', data)
    assert.deepEqual(kept, fetched)
  })
})
