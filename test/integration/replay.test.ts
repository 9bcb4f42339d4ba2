import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseLine, type RecordedLine, toJson } from '../../node/recording/index.ts'
import { type ReplayReport, replayRecording } from '../../node/simulate/replay/index.ts'
import { run, runJson } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PEERS = 8
const ROUNDS = 5

/** Small, so that hardly anything but the start of the processes takes time. */
const TINY = ['--data', 'wdbc', '--model', 'linear', '--rounds', String(ROUNDS), '--local-steps', '4']

/** A recording of which one peer's calls are others. */
async function altered(
  t: TestContext,
  recording: string,
  change: (lines: RecordedLine[]) => RecordedLine[]
): Promise<string> {
  const folder = join(await temporaryFolder(t), 'altered')
  await cp(recording, folder, { recursive: true })
  const calls = join(folder, 'peer-3.jsonl')
  const lines = (await readFile(calls, 'utf8')).trim().split('\n').map(parseLine)
  const changed = change(lines)
  await writeFile(calls, changed.map((line) => `${JSON.stringify(toJson(line))}\n`).join(''))
  return folder
}

/** The first mix in which something is mixed has one weight that is larger by a tenth. */
function withOtherWeight(lines: RecordedLine[]): RecordedLine[] {
  const at = lines.findIndex((line) => line.type === 'mix' && line.terms.length > 0)
  return lines.map((line, index) => {
    if (index !== at || line.type !== 'mix') return line
    const [first, ...others] = line.terms
    return { ...line, terms: [{ ...first!, weight: 1.1 * first!.weight }, ...others] }
  })
}

/** A delta that was there before the mix that used it comes after it. */
function withLaterArrival(lines: RecordedLine[]): RecordedLine[] {
  const at = lines.findIndex((line) => line.type === 'mix' && line.terms.length > 0)
  const mix = lines[at]
  assert.ok(mix?.type === 'mix')
  const { author } = mix.terms[0]!
  const from = lines.findLastIndex((line, index) => index < at && line.type === 'absorb' && line.author === author)
  return [...lines.slice(0, from), ...lines.slice(from + 1, at + 1), lines[from]!, ...lines.slice(at + 1)]
}

describe('a recorded run of eight real peers', () => {
  it('replays to the same public copies, and to no others when a weight or an arrival is another', async (t) => {
    const folder = await temporaryFolder(t)
    const recording = join(folder, 'recording')
    const home = join(folder, 'home')
    await runJson(t, 'demo', '--peers', String(PEERS), '--home', home, '--record', recording, ...TINY)
    const { peers, deltas, heldCopies } = (await runJson(t, 'simulate', '--replay', recording)) as ReplayReport
    assert.equal(peers, PEERS)
    // Every peer has seven neighbours. Training rounds, five closing ones at least, and the delta that says `done`.
    assert.ok(deltas >= PEERS * (ROUNDS + 5 + 1), `${deltas} deltas`)
    assert.ok(heldCopies > (deltas * (PEERS - 1)) / 2, `${heldCopies} copies`)

    // The controls.
    await assert.rejects(
      replayRecording(await altered(t, recording, withLaterArrival)),
      /peer 3, line \d+.*: .* differs/
    )
    const other = await altered(t, recording, withOtherWeight)
    const { code, stdout, stderr } = await run(t, 'simulate', '--replay', other)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /^starling: peer 3, line \d+ of its calls: delta \d \(round \d, training\): its payload differs$/m
    )

    // Lines that are missing are told from calls that never were.
    const gap = await altered(t, recording, (lines) => lines.slice(0, lines.length >> 1))
    await assert.rejects(replayRecording(gap), /nobody can go on, the recording has gaps: .*for delta \d+ of 12D3/)
  })

  it('is not recorded over, and nothing else is taken for a recording', async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'recording.json'), '{}')
    const refusals: readonly [words: readonly string[], sentence: RegExp][] = [
      [
        ['demo', '--peers', '2', '--home', join(folder, 'home'), '--record', folder, ...TINY],
        /holds a recording already/
      ],
      [['simulate', '--replay', folder], /recording\.json is not part of a recording/],
      [['simulate', '--replay', folder, '--loss', '0.1'], /--loss asks for something else/]
    ]
    for (const [words, sentence] of refusals) {
      const { code, stderr } = await run(t, ...words)
      assert.equal(code, 2, words.join(' '))
      assert.match(stderr, sentence)
    }
  })
})
