import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { demoReport } from './demo-report.ts'
import { run, runJson } from './starling.ts'
import { CLASSES, LABEL, writeBlobs } from './tables.ts'
import { temporaryFolder } from './temporary-folder.ts'

const dense = (config: Record<string, unknown>) => ({ class_name: 'Dense', config })

/** An activation that no plain stack of ours has. */
const MODEL = {
  modelTopology: {
    class_name: 'Sequential',
    config: {
      layers: [
        dense({ name: 'a', units: 6, activation: 'elu', batch_input_shape: [null, 2] }),
        dense({ name: 'b', units: CLASSES.length, activation: 'softmax' })
      ]
    }
  }
}

it("trains the user's own model.json in a flock, and says what does not fit", async (t) => {
  const folder = await temporaryFolder(t)
  const data = await writeBlobs(join(folder, 'rows.csv'), 90, 1)
  const model = join(folder, 'model.json')
  await writeFile(model, JSON.stringify(MODEL))
  const home = join(folder, 'home')
  const plan = ['--peers', '2', '--rounds', '6', '--local-steps', '8', '--model', model]
  const report = demoReport.parse(
    await runJson(t, 'demo', '--home', home, '--data', data, '--label', LABEL, '--alpha', '100', ...plan)
  )
  assert.match(report.engine, /^tfjs-wasm/)
  assert.ok(report.flock.worst > 0.7, JSON.stringify(report))

  const pinner = join(home, 'pinner')
  const test = join(home, 'data', 'test.csv')
  const evaluated = await runJson(t, 'evaluate', report.checkpoint, '--home', pinner, '--data', test)
  assert.ok((evaluated as { accuracy: number }).accuracy > 0.7)

  const other = join(folder, 'other')
  const misfit = ['--data', data, '--label', LABEL, '--classes', 'heron', '--model', model]
  const { code, stderr } = await run(t, 'create', '--yes', '--home', other, ...misfit)
  assert.equal(code, 1)
  assert.match(stderr, /model\.json has 3 outputs, these data need 4/)
})
