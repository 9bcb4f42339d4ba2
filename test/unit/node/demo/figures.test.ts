import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readFigures } from '../../../../node/demo/figures.ts'

async function homeWith(t: TestContext, text: string | undefined): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'starling-figures-'))
  t.after(() => rm(home, { recursive: true }))
  if (text !== undefined) await writeFile(join(home, 'events.jsonl'), text)
  return home
}

/** One delta's line: announced at `t` after 60 ms of training, then 40 ms of waiting. */
function line(seq: number, t: number, changes: object = {}): string {
  const base = { t, seq, round: seq, phase: 'training', steps: 8, trainMs: 60, waitMs: 40, links: 2, mixed: [] }
  const traffic = {
    payloadBytes: 100,
    sentBytes: 1000 * (seq + 1),
    receivedBytes: 2000 * (seq + 1),
    beaconBytes: 300 * (seq + 1)
  }
  return `${JSON.stringify({ ...base, ...traffic, ...changes })}\n`
}

describe('figures of a peer', () => {
  it('come from its own log: rounds, bytes, share of training and gaps', async (t) => {
    const closing = { phase: 'closing', trainMs: 0 }
    const home = await homeWith(t, line(0, 1000) + line(1, 1100) + line(2, 1300) + line(3, 1340, closing))
    const figures = await readFigures(home)
    assert.equal(figures.rounds, 3)
    assert.equal(figures.payloadBytes, 400)
    assert.equal(figures.sentBytes, 4000)
    assert.equal(figures.receivedBytes, 8000)
    assert.equal(figures.beaconBytes, 1200)
    // From the start of the first steps, 940, to the end of the last wait, 1340.
    assert.equal(figures.trainingShare, 180 / 400)
    assert.deepEqual(figures.roundGapMs, { median: 100, longest: 200 })
  })

  it('leave out what a killed peer wrote half, and lines that are no deltas', async (t) => {
    const home = await homeWith(
      t,
      `${line(0, 1000)}{"t":1050,"fetchFailed":"x","reason":"gone"}\n${line(1, 1100)}{"t":12`
    )
    const { rounds, payloadBytes } = await readFigures(home)
    assert.deepEqual({ rounds, payloadBytes }, { rounds: 2, payloadBytes: 200 })
  })

  it('count gaps from the first link on', async (t) => {
    const home = await homeWith(t, line(0, 1000, { links: 0 }) + line(1, 9000) + line(2, 9100))
    assert.equal((await readFigures(home)).roundGapMs.longest, 100)
  })

  it('are zero for a peer that never played', async (t) => {
    const { rounds, sentBytes, trainingShare, roundGapMs } = await readFigures(await homeWith(t, undefined))
    assert.deepEqual([rounds, sentBytes, trainingShare, roundGapMs.longest], [0, 0, 0, 0])
  })
})
