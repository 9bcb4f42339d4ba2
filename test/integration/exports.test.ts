import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import { openLocalModel } from '../../node/run/open-model.ts'
import { type RunFiles, readRunFiles } from '../../node/run/run-files.ts'
import { openHome, openStorage } from '../../storage/index.ts'
import { ALONE } from './bad-input/world.ts'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const exported = z.object({
  format: z.string(),
  run: z.string(),
  checkpoint: z.string(),
  round: z.number(),
  parameters: z.number(),
  files: z.array(z.object({ path: z.string(), bytes: z.number() }))
})

async function runIn(dir: string, id: string): Promise<RunFiles> {
  const home = await openHome(dir)
  const storage = await openStorage({ home })
  try {
    return await readRunFiles(storage, CID.parse(id), { keep: false })
  } finally {
    await storage.close()
    await home.close()
  }
}

describe('a checkpoint as a file', () => {
  it('is exported by its run, predicts like it, and is what other runs start from', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, '--rounds', '4', '--checkpoint-every', '2')
    const creator = start(t, 'start', invite, '--home', home)
    await creator.says('following run')
    const owner = join(folder, 'owner')
    const trained = await run(t, 'join', invite, '--home', owner, '--data', data, ...ALONE)
    assert.equal(trained.code, 0, trained.stderr)
    creator.kill('SIGINT')
    await creator.finished

    const { run: id } = z.object({ run: z.string() }).parse(await runJson(t, 'invite', '--home', owner))
    const onnx = join(folder, 'model.onnx')
    const words = ['--home', owner, '--format', 'onnx', '--output', onnx]
    const report = exported.parse(await runJson(t, 'export', id, ...words))
    assert.deepEqual([report.format, report.run, report.parameters], ['onnx', id, 9])
    assert.deepEqual(
      report.files.map(({ path }) => path),
      [onnx]
    )

    const evaluated = z.object({ loss: z.number(), run: z.string() })
    const evaluate = async (...model: string[]) =>
      evaluated.parse(await runJson(t, 'evaluate', ...model, '--data', data))
    const byCheckpoint = await evaluate(report.checkpoint, '--home', owner)
    const byRun = await evaluate(id, '--home', owner)
    const byFile = await evaluate(onnx)
    assert.deepEqual(byRun, byCheckpoint)
    assert.deepEqual(byFile, byCheckpoint)

    const checkpoint = await openLocalModel(owner, CID.parse(report.checkpoint))
    const fork = z.object({ run: z.string(), startedFrom: z.string() })
    const from = fork.parse(await runJson(t, 'create', '--from', report.checkpoint, '--home', owner, '--yes'))
    assert.equal(from.startedFrom, report.checkpoint)
    const forked = await runIn(owner, from.run)
    assert.deepEqual(forked.initial, checkpoint.weights)
    assert.deepEqual(forked.manifest.task, checkpoint.run.manifest.task)
    assert.ok(forked.manifest.model.equals(checkpoint.run.manifest.model))
    assert.notDeepEqual(checkpoint.run.initial, checkpoint.weights)

    const other = join(folder, 'other')
    const plan = ['--initial', onnx, '--data', data, '--label', 'species', '--home', other, '--yes']
    const initial = fork.parse(await runJson(t, 'create', ...plan))
    assert.deepEqual((await runIn(other, initial.run)).initial, checkpoint.weights)
  })
})
