import Table from 'cli-table3'
import type { PeerFigures } from './figures.ts'
import { percent } from './view.ts'

/** One trainer in the demo's JSON document. Accuracies are fractions on the common held-out rows. */
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
  readonly alone: { readonly mean: number; readonly worst: number }
  /** Over survivors. */
  readonly flock: { readonly mean: number; readonly worst: number }
  readonly server: { readonly accuracy: number }
  readonly peers: readonly PeerReport[]
}

/** Mean and least of accuracies; both 0 for none. */
export function meanAndWorst(accuracies: readonly number[]): { mean: number; worst: number } {
  if (accuracies.length === 0) return { mean: 0, worst: 0 }
  return { mean: accuracies.reduce((a, b) => a + b, 0) / accuracies.length, worst: Math.min(...accuracies) }
}

/** The closing table, as text. */
export function describeReport(report: DemoReport): string {
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
      percent(peer.alone),
      peer.killed ? 'killed' : percent(peer.flock),
      bytes(peer.payloadBytes),
      bytes(peer.sentBytes),
      bytes(peer.receivedBytes),
      bytes(peer.rssBytes),
      percent(peer.trainingShare),
      `${Math.round(peer.roundGapMs.longest)} ms`
    ])
  }
  const summary = new Table({
    head: ['accuracy on the common held-out rows', 'mean', 'worst'],
    style: { head: [], border: [] }
  })
  summary.push(
    ['each peer alone, same number of steps', percent(report.alone.mean), percent(report.alone.worst)],
    ['the flock, each peer with its own model', percent(report.flock.mean), percent(report.flock.worst)],
    ['a server that averages everyone (FedAvg)', percent(report.server.accuracy), '']
  )
  return `${peers}\n${summary}`
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  return count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`
}
