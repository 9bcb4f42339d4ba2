import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { CID } from 'multiformats/cid'
import { createPeer, type Peer } from '../../../node/peer.ts'
import { median } from '../../../protocols/averaging/index.ts'
import { memoryStores, type Stores } from '../../../storage/index.ts'
import type { Owner } from '../../integration/temporary-folder.ts'
import { Kubo } from '../../interop/kubo/kubo.ts'
import { printResult } from '../../print-result.ts'
import { RAW_PROTOCOL, type Serving, startServing } from './serving.ts'

/** The limits: shares of what a bare stream brings. */
const LIMITS: Partial<Record<Way, number>> = { 'into memory': 0.45, 'onto disk': 0.12 }

/** How a checkpoint travels: the baseline, a peer that fetches and pins it, and Kubo. */
const WAYS = ['bare stream', 'into memory', 'onto disk', 'Kubo'] as const
type Way = (typeof WAYS)[number]

interface FetchResult {
  readonly way: Way
  /** 10^6 bytes a second. */
  readonly medianMBps: number
  readonly leastMBps: number
  readonly mostMBps: number
  /** Median of this over that of the bare stream in the same run. */
  readonly share: number
  readonly limit?: number
}

interface FetchInit {
  /** Of the checkpoint's weights. */
  readonly bytes: number
  readonly samples: number
}

/** Fetches a checkpoint from a peer in another process, in all ways in turn, so many times each. */
async function benchFetch({ bytes, samples }: FetchInit): Promise<FetchResult[]> {
  const cleanUps = new AsyncDisposableStack()
  const owner: Owner = { after: (cleanUp) => cleanUps.defer(cleanUp) }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'starling-bench-'))
    cleanUps.defer(() => rm(folder, { recursive: true, force: true }))
    const serving = await startServing(join(folder, 'server'), bytes)
    cleanUps.defer(() => serving.stop())
    const kubo = await Kubo.start(owner)
    await kubo.run('swarm', 'connect', serving.address)
    const seconds: Record<Way, number[]> = { 'bare stream': [], 'into memory': [], 'onto disk': [], Kubo: [] }
    for (let sample = 0; sample < samples; sample++) {
      const home = join(folder, `${sample}`)
      await withPeer(home, serving, memoryStores(), async (peer) => {
        seconds['bare stream'].push(await timeOf(() => readRaw(peer, serving, bytes)))
        seconds['into memory'].push(await timeOf(() => pin(peer, serving)))
      })
      await withPeer(home, serving, undefined, async (peer) => {
        seconds['bare stream'].push(await timeOf(() => readRaw(peer, serving, bytes)))
        seconds['onto disk'].push(await timeOf(() => pin(peer, serving)))
      })
      await rm(home, { recursive: true })
      seconds.Kubo.push(await timeOf(() => kubo.pin(serving.root)))
      await kubo.run('pin', 'rm', serving.root)
      await kubo.run('repo', 'gc', '--quiet')
    }
    const baseline = median(seconds['bare stream'])!
    return WAYS.map((way) => result(way, seconds[way], bytes, baseline))
  } finally {
    await cleanUps.disposeAsync()
  }
}

/** A fresh peer that is connected, and whose code and stream windows one bare stream has warmed up. */
async function withPeer(
  home: string,
  serving: Serving,
  stores: Stores | undefined,
  measure: (peer: Peer) => Promise<void>
): Promise<void> {
  const peer = await createPeer({ home, listen: [], ...(stores === undefined ? {} : { stores }) })
  try {
    await peer.libp2p.dial(multiaddr(serving.address))
    await readRaw(peer, serving)
    await measure(peer)
  } finally {
    await peer.stop()
  }
}

async function readRaw(peer: Peer, { address }: Serving, expected?: number): Promise<void> {
  const stream = await peer.libp2p.dialProtocol(multiaddr(address), RAW_PROTOCOL)
  let received = 0
  for await (const part of stream) received += part.byteLength
  await stream.close()
  if (expected !== undefined && received !== expected) throw new Error(`the bare stream brought ${received} bytes`)
}

/** Fetches and keeps; on disk all of it is flushed when this resolves. */
async function pin({ storage }: Peer, { root }: Serving): Promise<void> {
  await storage.pins.keep(CID.parse(root), { kind: 'other', by: 'user', createdAt: 1 })
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

function result(way: Way, seconds: readonly number[], bytes: number, baseline: number): FetchResult {
  const speed = (time: number) => bytes / 1e6 / time
  const limit = LIMITS[way]
  return {
    way,
    medianMBps: speed(median(seconds)!),
    leastMBps: speed(Math.max(...seconds)),
    mostMBps: speed(Math.min(...seconds)),
    share: baseline / median(seconds)!,
    ...(limit === undefined ? {} : { limit })
  }
}

function describeFetch(results: readonly FetchResult[]): string {
  const table = new Table({ head: ['', 'MB/s', 'range', 'of a bare stream', 'limit'], style: { head: [], border: [] } })
  for (const { way, medianMBps, leastMBps, mostMBps, share, limit } of results) {
    const range = `${leastMBps.toFixed(0)} to ${mostMBps.toFixed(0)}`
    const asked = limit === undefined ? '' : `${(100 * limit).toFixed(0)} %`
    table.push([way, medianMBps.toFixed(0), range, `${(100 * share).toFixed(0)} %`, asked])
  }
  return table.toString()
}

export function addFetch(program: Command): void {
  program
    .command('fetch')
    .description('MB/s at which a checkpoint is fetched and pinned, by a peer and by Kubo, beside a bare libp2p stream')
    .option('--megabytes <n>', 'size of the checkpoint, in 10^6 bytes', '40')
    .option('--samples <n>', 'how often each way is measured', '11')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ megabytes, samples, json }: { megabytes: string; samples: string; json?: boolean }) => {
      const results = await benchFetch({ bytes: Number(megabytes) * 1e6, samples: Number(samples) })
      printResult(json, { results }, describeFetch(results))
    })
}
