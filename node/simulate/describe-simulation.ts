import Table from 'cli-table3'
import { formatMeasure } from '../training/quality.ts'
import type { SimulationReport } from './report.ts'

/** What a simulation came to, for people. */
export function describeSimulation(report: SimulationReport): string {
  const { seed, peers, rounds, bytes, virtualSeconds, seconds } = report
  const measure = report.accuracy === undefined ? 'rmse' : 'accuracy'
  const { mean, worst } = report[measure]!
  const table = new Table({ style: { head: [], border: [] } })
  table.push(
    [`${measure}, mean of the peers`, formatMeasure(measure, mean)],
    [`${measure}, worst peer`, formatMeasure(measure, worst)],
    ['payload published, a peer', kilobytes(bytes.payload)],
    ['payload received, a peer', kilobytes(bytes.received)]
  )
  if (bytes.to95 !== null) {
    table.push(
      ['until 95 %: published', kilobytes(bytes.to95.payload)],
      ['until 95 %: received', kilobytes(bytes.to95.received)]
    )
  }
  const took = `${virtualSeconds.toFixed(1)} virtual seconds, ${seconds.toFixed(1)} s here`
  return `${table}\n${peers} peers, ${rounds} rounds, seed ${seed}: ${took}`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
