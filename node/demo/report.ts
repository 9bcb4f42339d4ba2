import Table from 'cli-table3'
import { type Measure, measured } from '../training/quality.ts'
import type { PeerFigures } from './figures.ts'
import { shown } from './view.ts'

/** One trainer in the demo's JSON document. Measured on the common held-out rows, as the report's `metric` says. */
export interface PeerReport extends Omit<PeerFigures, 'trainingMs'> {
  readonly peer: string
  readonly samples: number
  readonly killed: boolean
  readonly alone: number
  /** Of the peer's own model after its closing rounds; null for a killed peer. */
  readonly flock: number | null
  readonly rssBytes: number
}

/** The demo's JSON document. */
export interface DemoReport {
  readonly run: string
  readonly engine: string
  readonly seconds: number
  /** CID of the final checkpoint; null if none was pinned. */
  readonly checkpoint: string | null
  /** What `alone`, `flock` and `server` are: fractions, or errors in the label's own unit. */
  readonly metric: Measure
  readonly alone: { readonly mean: number; readonly worst: number }
  /** Over survivors. */
  readonly flock: { readonly mean: number; readonly worst: number }
  readonly server: { readonly accuracy: number } | { readonly rmse: number }
  readonly peers: readonly PeerReport[]
}

/** Mean and worst, which is the least accuracy or the largest error; both 0 for none. */
export function meanAndWorst(values: readonly number[], metric: Measure): { mean: number; worst: number } {
  if (values.length === 0) return { mean: 0, worst: 0 }
  const worst = metric === 'rmse' ? Math.max(...values) : Math.min(...values)
  return { mean: values.reduce((a, b) => a + b, 0) / values.length, worst }
}

const NAMES = { accuracy: 'accuracy', rmse: 'root mean squared error' } as const

/** The closing table, as text. */
export function describeReport(report: DemoReport): string {
  const quality = (value: number | null) => shown(report.metric, value)
  const peers = new Table({
    head: [
      'peer',
      'rows',
      'rounds',
      'alone',
      'flock',
      'payload',
      'sent',
      'received',
      'memory',
      'training',
      'longest gap'
    ],
    style: { head: [], border: [] }
  })
  for (const peer of report.peers) {
    peers.push([
      peer.peer,
      peer.samples,
      peer.rounds,
      quality(peer.alone),
      peer.killed ? 'killed' : quality(peer.flock),
      bytes(peer.payloadBytes),
      bytes(peer.sentBytes),
      bytes(peer.receivedBytes),
      bytes(peer.rssBytes),
      shown('accuracy', peer.trainingShare),
      `${Math.round(peer.roundGapMs.longest)} ms`
    ])
  }
  const summary = new Table({
    head: [`${NAMES[report.metric]} on the common held-out rows`, 'mean', 'worst'],
    style: { head: [], border: [] }
  })
  summary.push(
    ['each peer alone, same number of steps', quality(report.alone.mean), quality(report.alone.worst)],
    ['the flock, each peer with its own model', quality(report.flock.mean), quality(report.flock.worst)],
    ['a server that averages everyone (FedAvg)', quality(measured(report.server)), '']
  )
  return `${peers}\n${summary}`
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`
}
