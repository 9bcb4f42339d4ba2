import Table from 'cli-table3'
import { formatMeasure, type Measure } from '../training/quality.ts'
import type { Reached, SimulationReport } from './report.ts'
import type { VariantReport } from './study.ts'

/** What one simulation came to, for people. */
export function describeSimulation(report: SimulationReport): string {
  const { seed, peers, rounds, bytes, failed, virtualSeconds, seconds } = report
  const measure = measureIn(report)
  const { mean, worst, slowestQuarter } = report[measure]!
  const table = new Table({ style: { head: [], border: [] } })
  table.push(
    [`${measure}, mean of the peers`, formatMeasure(measure, mean)],
    [`${measure}, worst peer`, formatMeasure(measure, worst)],
    [`${measure}, slowest quarter of the peers`, formatMeasure(measure, slowestQuarter)],
    ...describePersonal(report),
    ['payload a peer, published', kilobytes(bytes.payload)],
    ['payload a peer, received over links', kilobytes(bytes.received)]
  )
  if (measure === 'accuracy') table.push(['the same until 95 %', describeTo95(bytes.to95)])
  if (report.late !== undefined) {
    const { before, after } = report.late
    const late = `${formatMeasure(measure, after.late)}, the others ${formatMeasure(measure, after.others)}`
    table.push(['late joiners, three rounds after', `${late}, before ${formatMeasure(measure, before)}`])
  }
  const took = `${virtualSeconds.toFixed(1)} virtual seconds, ${seconds.toFixed(1)} s here`
  const gone = failed === 0 ? '' : `; ${failed} peers could not go on and are not counted`
  return `${table}\n${peers} peers, ${rounds} rounds, seed ${seed}: ${took}${gone}`
}

/** What a study came to, a row for each variant. */
export function describeStudy(reports: readonly VariantReport[]): string {
  const table = new Table({
    head: ['variant', 'seeds', 'mean', 'worst', 'slowest quarter', 'published', 'received', 'until 95 %'],
    style: { head: [], border: [] }
  })
  for (const report of reports) {
    const measure = measureIn(report)
    const { mean, worst, slowestQuarter } = report[measure]!
    const { deviation, bytes, label, seeds } = report
    table.push([
      label,
      seeds.length,
      `${formatMeasure(measure, mean, 2)} ± ${formatMeasure(measure, deviation.mean, 2)}`,
      `${formatMeasure(measure, worst, 2)} ± ${formatMeasure(measure, deviation.worst, 2)}`,
      formatMeasure(measure, slowestQuarter, 2),
      kilobytes(bytes.payload),
      kilobytes(bytes.received),
      describeTo95(bytes.to95)
    ])
  }
  const personal = reports.flatMap((report) =>
    describePersonal(report).map(([what, value]) => `${report.label}: ${what} ${value}`)
  )
  return [table, 'mean ± standard deviation over the seeds; bytes: medians a peer', ...personal].join('\n')
}

function describePersonal({ personal }: Pick<SimulationReport, 'personal'>): [string, string][] {
  if (personal === undefined) return []
  const { mean, worst, global, leastGain } = personal
  const show = (value: number) => formatMeasure('accuracy', value, 2)
  const own: [string, string] = ['personal models on rows like their own: mean, worst', `${show(mean)}, ${show(worst)}`]
  if (global === undefined || leastGain === undefined) return [own]
  return [
    own,
    ['the common model there: mean, worst', `${show(global.mean)}, ${show(global.worst)}`],
    ['least gain of a peer', show(leastGain)]
  ]
}

function measureIn({ accuracy }: Pick<SimulationReport, 'accuracy'>): Measure {
  return accuracy === undefined ? 'rmse' : 'accuracy'
}

function describeTo95(to95: Reached | null): string {
  return to95 === null
    ? 'never'
    : `${kilobytes(to95.payload)}, ${kilobytes(to95.received)}, ${to95.seconds.toFixed(1)} s`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
