import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { CID } from 'multiformats/cid'
import { z } from 'zod'
import { type OpenedModel, openLocalModel } from '../../node/run/open-model.ts'
import type { RecordLine } from '../../node/run/record-log.ts'
import { parseSeal, type SealMetrics } from '../../protocols/envelope/index.ts'
import { demoReport } from './demo-report.ts'
import { denseParameters, int4Bytes } from './model-size.ts'
import { run, runJson, startIn } from './starling.ts'
import { blobs, CLASSES, LABEL, writeBlobs } from './tables.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Closing rounds that every peer plays, and the one that says it is done (ALGORITHMS 1, the end). */
const CLOSING_DELTAS = 5 + 1

const evaluation = z.strictObject({
  checkpoint: z.string(),
  run: z.string(),
  round: z.int(),
  n: z.int(),
  loss: z.number(),
  accuracy: z.number()
})
const prediction = z.strictObject({
  checkpoint: z.string(),
  label: z.string(),
  predictions: z.array(z.strictObject({ label: z.string(), probability: z.number() }))
})

/** Runs the demo in a folder and reads its document, which is all that it may print on stdout. */
async function demo(t: TestContext, home: string, ...args: string[]) {
  return demoReport.parse(await runJson(t, 'demo', '--home', home, ...args))
}

function openPinned(home: string, checkpoint: string): Promise<OpenedModel> {
  return openLocalModel(join(home, 'pinner'), CID.parse(checkpoint))
}

async function labelsOf(path: string): Promise<string[]> {
  const [, ...lines] = (await readFile(path, 'utf8')).trim().split('\n')
  return lines.map((line) => line.slice(line.lastIndexOf(',') + 1).trim())
}

describe('starling demo', () => {
  it('trains a flock that beats its peers alone, and leaves a model that evaluates as it was measured', async (t) => {
    const home = await temporaryFolder(t)
    const report = await demo(t, home, '--peers', '3', '--rounds', '12', '--local-steps', '8')

    assert.equal(report.peers.length, 3)
    assert.ok(report.flock.mean > report.alone.mean, JSON.stringify(report))
    assert.equal(report.flock.worst, Math.min(...report.peers.map(({ flock }) => flock!)))
    assert.equal(report.alone.worst, Math.min(...report.peers.map(({ alone }) => alone)))
    assert.ok(report.server.accuracy > report.alone.mean)

    const deltaBytes = int4Bytes(denseParameters(64, 64, 32, 10))
    for (const peer of report.peers) {
      assert.equal(peer.rounds, 12)
      assert.equal(peer.killed, false)
      const deltas = peer.payloadBytes / deltaBytes
      assert.ok(Number.isInteger(deltas) && deltas >= 12 + CLOSING_DELTAS, `${peer.payloadBytes} bytes`)
      // Everything goes to both neighbours; the last delta may not be at the socket when its line is written.
      assert.ok(peer.sentBytes >= 2 * (deltas - 1) * deltaBytes, `${peer.sentBytes} bytes sent`)
      assert.ok(peer.roundGapMs.longest >= peer.roundGapMs.median)
    }
    assert.equal(sum(report.peers.map(({ samples }) => samples)), 1438)

    const left = (await readdir(home)).filter((name) => !name.endsWith('.log'))
    assert.deepEqual(left.sort(), ['README.txt', 'data', 'pinner'])

    await evaluatesAsMeasured(t, home, report.checkpoint)
  })

  it('goes on without the peers that it kills half way', async (t) => {
    const home = await temporaryFolder(t)
    const args = ['--peers', '4', '--kill', '1', '--rounds', '60', '--local-steps', '4', '--model', 'linear']
    const report = await demo(t, home, ...args)
    const killed = report.peers.filter((peer) => peer.killed)
    const survivors = report.peers.filter((peer) => !peer.killed)
    assert.equal(killed.length, 1)
    assert.equal(killed[0]!.flock, null)
    assert.ok(killed[0]!.rounds < 60, `${killed[0]!.rounds} rounds`)
    for (const { rounds, flock } of survivors) {
      assert.equal(rounds, 60)
      assert.ok(flock! > report.alone.mean)
    }
    assert.equal(report.flock.worst, Math.min(...survivors.map(({ flock }) => flock!)))
  })

  it('gives several files to one peer each, by the schema of their union, and trains on no test row', async (t) => {
    const folder = await temporaryFolder(t)
    const home = join(folder, 'flock')
    const marsh = await writeBlobs(join(folder, 'marsh.csv'), 40, 1, ['finch', 'starling'])
    // Another class, another order of columns, and a column that the first file lacks.
    const forest = join(folder, 'forest.csv')
    const rows = blobs(30, 2, ['wren', 'starling']).trim().split('\n').slice(1)
    const turned = rows.map((row, index) => `${row.split(',').reverse().join(',')},${index % 7}`)
    await writeFile(forest, `${LABEL},y,x,age\n${turned.join('\n')}\n`)
    const test = await writeBlobs(join(folder, 'test.csv'), 30, 3)

    const plan = ['--model', 'linear', '--rounds', '6', '--local-steps', '8', '--batch', '8']
    const report = await demo(t, home, '--data', marsh, forest, '--label', LABEL, '--test', test, '--keep', ...plan)
    assert.deepEqual(
      report.peers.map(({ samples }) => samples),
      [40, 30]
    )

    const { run: files } = await openPinned(home, report.checkpoint)
    const { task } = files.manifest
    assert.deepEqual(task.columns.map(({ name }) => name).sort(), ['age', 'x', 'y'])
    assert.deepEqual(task.kind === 'classification' && task.classes, CLASSES)

    const testRows = (await readFile(test, 'utf8')).trim().split('\n').slice(1)
    for (const part of ['rows-1.csv', 'rows-2.csv']) {
      const trained = new Set((await readFile(join(home, 'data', part), 'utf8')).split('\n'))
      assert.deepEqual(
        testRows.filter((row) => trained.has(row)),
        []
      )
    }
    // The control: the same comparison finds the rows that were trained on.
    const kept = new Set((await readFile(join(home, 'data', 'rows-1.csv'), 'utf8')).split('\n'))
    assert.ok(
      (await readFile(marsh, 'utf8'))
        .trim()
        .split('\n')
        .every((row) => kept.has(row))
    )

    await countsItsDeltas(home, report.peers, int4Bytes(denseParameters(3, 3)))
  })

  it('works in a temporary folder, and prints a predict command that works', async (t) => {
    const folder = await temporaryFolder(t)
    const args = ['--peers', '2', '--data', 'wdbc', '--model', 'linear', '--rounds', '8', '--local-steps', '6']
    const starling = startIn({ TMPDIR: folder }, t, 'demo', ...args)
    const { code, stdout, stderr } = await starling.finished
    assert.equal(code, 0, stderr)
    assert.deepEqual(await starling.alive(), [])
    assert.match(
      stderr,
      /^starling demo: 2 peers, data wdbc, alpha 0\.5, model linear, 8 rounds of 6 steps, codec int4/
    )
    const [home, ...others] = await readdir(folder)
    assert.match(home!, /^starling-demo-/)
    assert.deepEqual(others, [])
    assert.ok(!(await readdir(join(folder, home!))).includes('peer-1'))

    const [, words] = /npx starling (predict .*)$/m.exec(stdout) ?? []
    assert.ok(words !== undefined, stdout)
    const predicted = prediction.parse(await runJson(t, ...words.split(' ')))
    const labels = await labelsOf(join(folder, home!, 'data', 'test.csv'))
    const right = predicted.predictions.filter(({ label }, row) => label === labels[row]).length
    assert.equal(predicted.predictions.length, labels.length)
    assert.ok(right / labels.length > 0.8, `${right} of ${labels.length} right`)
  })
})

/** The checkpoint's own metrics, `evaluate` and `predict` from the pinner's home tell one accuracy. */
async function evaluatesAsMeasured(t: TestContext, home: string, checkpoint: string): Promise<void> {
  const { manifest, run: files } = await openPinned(home, checkpoint)
  // The last checkpoint has no author: what its members measured stands in their seals.
  assert.equal(manifest.author, undefined)
  const metric = await sealedMetrics(home, checkpoint)
  const rows = ['--home', join(home, 'pinner'), '--data', join(home, 'data', 'test.csv')]
  const evaluated = evaluation.parse(await runJson(t, 'evaluate', checkpoint, ...rows))
  assert.equal(evaluated.accuracy, metric?.accuracy)
  assert.equal(evaluated.n, metric?.n)
  assert.equal(evaluated.run, files.id.toString())

  const { predictions } = prediction.parse(await runJson(t, 'predict', checkpoint, ...rows))
  const labels = await labelsOf(join(home, 'data', 'test.csv'))
  const right = predictions.filter(({ label }, row) => label === labels[row]).length
  assert.equal(right / labels.length, evaluated.accuracy)

  // The control: rows with other labels are not predicted so well.
  const shuffled = join(home, 'data', 'shuffled.csv')
  const [header, ...lines] = (await readFile(join(home, 'data', 'test.csv'), 'utf8')).trim().split('\n')
  const moved = lines.map((line, row) => line.replace(/,[^,]*$/, `,${labels[(row + 1) % labels.length]}`))
  await writeFile(shuffled, `${[header, ...moved].join('\n')}\n`)
  const { code, stdout } = await run(t, 'evaluate', checkpoint, '--json', ...rows.slice(0, 2), '--data', shuffled)
  assert.equal(code, 0)
  assert.ok(evaluation.parse(JSON.parse(stdout)).accuracy < 0.5)
}

/** What one of the trainers measured when it sealed the checkpoint; all were given the same rows to measure on. */
async function sealedMetrics(home: string, checkpoint: string): Promise<SealMetrics | undefined> {
  const lines = (await readFile(join(home, 'pinner', 'records.jsonl'), 'utf8')).trim().split('\n')
  for (const line of lines) {
    const { kind, bytes } = JSON.parse(line) as RecordLine
    if (kind !== 'seal') continue
    const { seal } = await parseSeal(Buffer.from(bytes, 'base64'))
    if (seal.metrics !== undefined && CID.decode(seal.checkpoint).toString() === checkpoint) return seal.metrics
  }
  return undefined
}

/** What the report says was created is what the peers' own logs say, delta for delta. */
async function countsItsDeltas(
  home: string,
  peers: readonly { readonly peer: string; readonly payloadBytes: number }[],
  deltaBytes: number
): Promise<void> {
  for (const { peer, payloadBytes } of peers) {
    const lines = (await readFile(join(home, `peer-${peer}`, 'outbound.jsonl'), 'utf8')).trim().split('\n')
    const deltas = lines.filter((line) => (JSON.parse(line) as { what: string }).what === 'delta').length
    assert.equal(payloadBytes, deltas * deltaBytes)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
