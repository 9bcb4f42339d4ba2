import Table from 'cli-table3'
import type { Command } from 'commander'
import { median } from '../../../protocols/averaging/index.ts'
import { printResult } from '../../print-result.ts'
import { type FlockTraffic, measureFlock } from './flock-traffic.ts'
import type { PeerTraffic } from './peer-traffic.ts'

interface TrafficResult {
  readonly peers: number
  /** Trained by the peer that trained least, and by the median one. */
  readonly rounds: { readonly least: number; readonly median: number }
  /** Wall time of a round: what comes by the clock costs more in a longer one. */
  readonly secondsPerRound: number
  /** Bytes at the sockets less beacons, a peer and round: the figure of issue 5. */
  readonly receivedPerRound: number
  /** The same over that of the first flock. */
  readonly ofFirst: number
  /** Links of a peer, mean over its rounds. */
  readonly links: number
  readonly connections: number
  /** Bytes a peer and round by protocol; the rest, which is TLS with its handshakes and dials that failed, as `encryption`. */
  readonly protocols: Readonly<Record<string, number>>
  /** Of what gossipsub brought: records by topic, control messages by kind. */
  readonly gossip: Readonly<Record<string, number>>
}

/** Plays one run for each size of flock. All figures are medians over the peers. */
async function benchTraffic(sizes: readonly number[], model: string, rounds: number): Promise<TrafficResult[]> {
  const results: TrafficResult[] = []
  for (const size of sizes) {
    const flock = await measureFlock(size, model, rounds)
    const receivedPerRound = median(flock.peers.map((peer) => peer.lessBeacons / peer.rounds))!
    const ofFirst = receivedPerRound / (results[0]?.receivedPerRound ?? receivedPerRound)
    results.push({ peers: size, receivedPerRound, ofFirst, ...breakDown(flock) })
  }
  return results
}

function breakDown({ peers, counts, rounds }: FlockTraffic) {
  const perRound = (bytesOf: (peer: PeerTraffic) => number) => median(counts.map(bytesOf))! / rounds
  const bytesBy = (part: 'protocols' | 'gossip') => {
    const names = [...new Set(counts.flatMap((peer) => Object.keys(peer[part])))].sort()
    return names.map((name) => [name, perRound((peer) => peer[part][name]?.bytes ?? 0)] as const)
  }
  const framed = ({ protocols }: PeerTraffic) => Object.values(protocols).reduce((sum, { bytes }) => sum + bytes, 0)
  const encryption = perRound((peer) => peer.receivedBytes - framed(peer))
  return {
    rounds: { least: Math.min(...peers.map((peer) => peer.rounds)), median: median(peers.map((peer) => peer.rounds))! },
    secondsPerRound: median(peers.map((peer) => peer.seconds / peer.rounds))!,
    links: median(peers.map((peer) => peer.links))!,
    connections: median(counts.map(({ connections }) => connections))!,
    protocols: { ...Object.fromEntries(bytesBy('protocols')), encryption },
    gossip: Object.fromEntries(bytesBy('gossip'))
  }
}

function describeTraffic(results: readonly TrafficResult[]): string {
  const table = new Table({
    head: ['a peer and round', ...results.map(({ peers }) => `${peers} peers`)],
    style: { head: [], border: [] }
  })
  const row = (name: string, of: (result: TrafficResult) => string) => table.push([name, ...results.map(of)])
  const bytes = (count: number | undefined) => Math.round(count ?? 0).toString()
  row('received less beacons, bytes', ({ receivedPerRound }) => bytes(receivedPerRound))
  row('of the first', ({ ofFirst }) => ofFirst.toFixed(3))
  row('rounds, least and median', ({ rounds }) => `${rounds.least}, ${rounds.median}`)
  row('seconds', ({ secondsPerRound }) => secondsPerRound.toFixed(2))
  row('links, mean', ({ links }) => links.toFixed(1))
  row('connections', ({ connections }) => connections.toString())
  for (const part of ['protocols', 'gossip'] as const) {
    const names = new Set(results.flatMap((result) => Object.keys(result[part])))
    const label = part === 'gossip' ? '  gossip: ' : ''
    for (const name of names) row(`${label}${name}`, (result) => bytes(result[part][name]))
  }
  return table.toString()
}

interface TrafficOptions {
  readonly peers: string
  readonly model: string
  readonly rounds: string
  readonly json?: boolean
}

export function addTraffic(program: Command): void {
  program
    .command('traffic')
    .description('bytes that a real peer receives a round, by protocol, in flocks of several sizes')
    .option('--peers <sizes>', 'sizes of the flocks, beside the first of which the others are shown', '16,32,64')
    .option('--model <spec>', 'what they train', 'mlp:32')
    .option('--rounds <r>', 'rounds of each', '40')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ peers, model, rounds, json }: TrafficOptions) => {
      const results = await benchTraffic(peers.split(',').map(Number), model, Number(rounds))
      printResult(json, { results }, describeTraffic(results))
    })
}
