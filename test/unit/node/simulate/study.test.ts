import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  type Curve,
  describeStudy,
  plotCurves,
  runStudy,
  Trace,
  type Variant
} from '../../../../node/simulate/index.ts'

const variant = (label: string, more: Partial<Variant['options']> = {}): Variant => ({
  label,
  options: {
    data: ['wdbc'],
    peers: 3,
    alpha: 1,
    model: 'linear',
    rounds: 3,
    localSteps: 2,
    batch: 16,
    codec: 'int4',
    k: 6,
    seed: 5,
    engine: 'cpu',
    delay: 0.1,
    speeds: [1, 1],
    loss: 0,
    repair: true,
    wait: 'all',
    ...more
  }
})

async function study(repeat: number) {
  const curves: Curve[] = []
  const trace = new Trace()
  const variants = [variant('calm'), { ...variant('server <1>'), baseline: 'fedavg' as const }]
  const reports = await runStudy(variants, repeat, {
    signal: new AbortController().signal,
    onRun: ({ label }, seed) => {
      const curve: Curve = { label, seed, snapshots: [] }
      curves.push(curve)
      trace.restart()
      return {
        onProgress: (snapshot) => {
          curve.snapshots.push(snapshot)
          trace.measured(snapshot)
        },
        onRound: (member, event, ms) => trace.add(label, seed, member, event, ms)
      }
    }
  })
  return { reports, curves, trace }
}

suite('study', () => {
  test('repeats every variant over seeds, with mean and sample deviation', async () => {
    const { reports } = await study(3)
    assert.deepEqual(
      reports.map(({ label, seeds }) => [label, seeds]),
      [
        ['calm', [5, 6, 7]],
        ['server <1>', [5, 6, 7]]
      ]
    )
    for (const { runs, accuracy, deviation } of reports) {
      const means = runs.map((run) => run.accuracy!.mean)
      const mean = (means[0]! + means[1]! + means[2]!) / 3
      const squares = means.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      assert.ok(Math.abs(accuracy!.mean - mean) < 1e-12)
      assert.ok(Math.abs(deviation.mean - Math.sqrt(squares / 2)) < 1e-12)
      assert.ok(deviation.mean > 0, 'three seeds with the same accuracy prove nothing')
    }
    assert.match(describeStudy(reports), /calm +│ 3 +│ \d+\.\d\d % ± \d+\.\d\d %/)
  })

  test('writes a line for each round of each peer', async () => {
    const { trace, reports } = await study(1)
    const lines = trace.text.trimEnd().split('\n')
    const columns = lines[0]!.split(',')
    const payload = columns.indexOf('payloadBytes')
    const rows = lines.slice(1).map((line) => line.split(','))
    assert.ok(rows.every((row) => row.length === columns.length))
    const last = new Map(rows.map((row) => [row[columns.indexOf('peer')], Number(row[payload])]))
    assert.deepEqual([...last.keys()].sort(), ['1', '2', '3'])
    assert.ok([...last.values()].includes(reports[0]!.runs[0]!.bytes.payload))
    assert.equal(rows.filter((row) => row[columns.indexOf('phase')] === 'done').length, 3)
  })

  test('draws mean and worst peer of every seed, and no label breaks the picture', async () => {
    const { curves } = await study(2)
    const svg = plotCurves(curves, 'accuracy')
    assert.equal(svg.match(/<polyline/g)!.length, 2 * curves.length)
    assert.match(svg, /server &lt;1&gt;/)
    assert.doesNotMatch(svg, /NaN|Infinity|<1>/)
  })
})
