import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ConsensusResult } from '../../node/simulate/consensus/index.ts'
import type { SimulationReport, VariantReport } from '../../node/simulate/index.ts'
import { run, runJson, startIn } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const TINY = ['simulate', '--data', 'wdbc', '--peers', '4', '--model', 'linear', '--rounds', '4', '--local-steps', '2']

describe('simulate', () => {
  it('prints one JSON document, the same again for the same seed with pure JavaScript', async (t) => {
    const words = [...TINY, '--engine', 'cpu', '--loss', '0.2']
    const { seconds: _, ...first } = (await runJson(t, ...words)) as SimulationReport
    const { seconds: __, ...second } = (await runJson(t, ...words)) as SimulationReport
    assert.deepEqual(second, first)
    const { seed, peers, rounds, accuracy, bytes } = first
    assert.deepEqual([seed, peers, rounds], [1, 4, 4])
    assert.ok(accuracy!.mean > 0.7 && accuracy!.worst <= accuracy!.mean)
    assert.ok(bytes.payload > 0 && bytes.received > 0 && 'to95' in bytes)
  })

  it('repeats over seeds, traces and plots', async (t) => {
    const folder = await temporaryFolder(t)
    const [trace, plot] = [join(folder, 'trace.csv'), join(folder, 'plot.svg')]
    const words = [...TINY, '--repeat', '2', '--trace', trace, '--plot', plot]
    const report = (await runJson(t, ...words)) as VariantReport
    assert.deepEqual([report.seeds, report.runs.length], [[1, 2], 2])
    assert.match(await readFile(trace, 'utf8'), /^variant,seed,ms,peer/)
    assert.match(await readFile(plot, 'utf8'), /^<svg/)
  })

  it('refuses impossible values in one sentence', async (t) => {
    const refusals: readonly [words: readonly string[], sentence: RegExp][] = [
      [['--loss', '1'], /must be a number from 0 up to, but not including, 1/],
      [['--speeds', '4-1'], /must be a range such as 1-4/],
      [['--late', '4'], /--late 4 of 4 peers leaves nobody/],
      [['--partition', '2-9'], /ends after the last of 4 rounds/],
      [['--topology', 'star'], /topology "star": there is no "star"/],
      [['--consensus', '--loss', '0.1'], /--data is about training, --consensus averages without/],
      [['--config', 'nowhere.jsonc'], /cannot read the study in nowhere\.jsonc/],
      [['--trace', 'nowhere/rounds.csv'], /cannot write nowhere\/rounds\.csv \(ENOENT\)/]
    ]
    for (const [words, sentence] of refusals) {
      const { code, stdout, stderr } = await run(t, ...TINY, ...words)
      assert.deepEqual([code, stdout], [2, ''], words.join(' '))
      assert.match(stderr, sentence)
    }
  })

  it('averages without training, until all agree', async (t) => {
    const words = ['simulate', '--consensus', '--peers', '256', '--dimension', '3']
    const { rounds, peers, dimension } = (await runJson(t, ...words)) as ConsensusResult
    assert.deepEqual([peers, dimension], [256, 3])
    assert.ok(rounds !== null && rounds > 5 && rounds < 30, `${rounds} rounds`)
    // A ring takes far longer than that (control).
    const ring = (await runJson(t, ...words, '--topology', 'ring', '--rounds', '30')) as ConsensusResult
    assert.equal(ring.rounds, null)
  })

  it('ends at Ctrl-C with 130, and leaves no file', async (t) => {
    const folder = await temporaryFolder(t)
    const endless = startIn({ TMPDIR: folder }, t, ...TINY, '--rounds', '1000000')
    await endless.says('4 peers, 1000000 rounds')
    endless.kill('SIGINT')
    const { code, stdout } = await endless.finished
    assert.deepEqual([code, stdout, await readdir(folder)], [130, '', []])
  })
})
