import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { demoReport } from './demo-report.ts'
import { randomFrom } from './random.ts'
import { run, runJson } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const LABEL = 'rent'

/** Far from 0 and wide, so that a number in the wrong unit shows. */
const CENTRE = 500
const SPREAD = 100

const error = z.number().positive()
const meanAndWorst = z.strictObject({ mean: error, worst: error })
const { peers } = demoReport.shape
const report = demoReport.extend({
  metric: z.literal('rmse'),
  alone: meanAndWorst,
  flock: meanAndWorst,
  server: z.strictObject({ rmse: error }),
  peers: z.array(peers.element.extend({ alone: error, flock: error }))
})
const evaluation = z.strictObject({
  checkpoint: z.string(),
  run: z.string(),
  round: z.int(),
  n: z.int(),
  loss: z.number(),
  rmse: error
})
const prediction = z.strictObject({
  checkpoint: z.string(),
  label: z.literal(LABEL),
  predictions: z.array(z.strictObject({ value: z.number() }))
})

/** Rows whose label is a bent function of two columns and a little noise. */
async function writeFlats(path: string, rows: number, seed: number): Promise<string> {
  const random = randomFrom(seed)
  const lines = Array.from({ length: rows }, () => {
    const [x, y] = [4 * random() - 2, 4 * random() - 2]
    const rent = CENTRE + SPREAD * (Math.abs(x) + 0.5 * y + 0.1 * random())
    return [x, y, rent].map((value) => value.toFixed(4)).join(',')
  })
  await writeFile(path, `x,y,${LABEL}\n${lines.join('\n')}\n`)
  return path
}

async function rentsOf(path: string): Promise<number[]> {
  const [, ...lines] = (await readFile(path, 'utf8')).trim().split('\n')
  return lines.map((line) => Number(line.split(',')[2]))
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
}

describe('a regression', () => {
  it('is learnt by a flock of real peers, and told and predicted in the unit of its label', async (t) => {
    const folder = await temporaryFolder(t)
    const data = await writeFlats(join(folder, 'flats.csv'), 300, 1)
    const home = join(folder, 'flock')
    const plan = ['--peers', '3', '--rounds', '20', '--local-steps', '16', '--model', 'mlp:16', '--alpha', '0.3']
    const words = ['--home', home, '--data', data, '--label', LABEL, '--task', 'regression', '--learning-rate', '0.02']
    const made = report.parse(await runJson(t, 'demo', ...words, ...plan))

    const test = join(home, 'data', 'test.csv')
    const rents = await rentsOf(test)
    const mean = rents.reduce((a, b) => a + b, 0) / rents.length
    const ofMean = rootMeanSquare(rents.map((rent) => rent - mean))
    assert.ok(made.flock.mean < made.alone.mean, JSON.stringify(made))
    assert.ok(made.flock.worst < ofMean / 2, `${made.flock.worst}, always the mean ${ofMean}`)
    assert.equal(made.flock.worst, Math.max(...made.peers.map(({ flock }) => flock)))

    const rows = ['--home', join(home, 'pinner'), '--data', test]
    const evaluated = evaluation.parse(await runJson(t, 'evaluate', made.checkpoint, ...rows))
    const { predictions } = prediction.parse(await runJson(t, 'predict', made.checkpoint, ...rows))
    const errors = predictions.map(({ value }, row) => value - rents[row]!)
    assert.equal(evaluated.n, rents.length)
    assert.ok(Math.abs(rootMeanSquare(errors) - evaluated.rmse) < 1e-3, `${rootMeanSquare(errors)} ${evaluated.rmse}`)

    const printed = await run(t, 'predict', made.checkpoint, ...rows)
    const [header, ...numbers] = printed.stdout.trim().split('\n')
    assert.equal(header, LABEL)
    assert.deepEqual(
      numbers.map(Number),
      predictions.map(({ value }) => value)
    )
    const measured = await run(t, 'evaluate', made.checkpoint, ...rows)
    assert.match(measured.stdout, /^rmse [\d.]+, loss [\d.]+ on 60 rows /)
  })

  it('is refused in one sentence where the words contradict it, and asked for where the label looks like one', async (t) => {
    const folder = await temporaryFolder(t)
    const data = await writeFlats(join(folder, 'flats.csv'), 300, 1)
    const create = ['create', '--yes', '--home', join(folder, 'home'), '--data', data, '--label', LABEL]
    const refused: [string[], RegExp][] = [
      [create, /^starling: the label "rent" takes 300 different numbers, .*--task regression/],
      [['demo', '--data', data, '--label', LABEL], /--task regression/],
      [[...create, '--task', 'regression', '--classes', 'low,high'], /the classes "low", "high"/],
      [[...create, '--task', 'regression', '--optimiser', 'adam', '--momentum', '0.9'], /--momentum 0.9 .*--optimiser/]
    ]
    for (const [words, message] of refused) {
      const { code, stdout, stderr } = await run(t, ...words)
      assert.deepEqual([code, stdout], [2, ''], stderr)
      assert.match(stderr.trim().split('\n').at(-1)!, message)
    }
  })
})
