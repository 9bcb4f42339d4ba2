import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dealOut } from '../../../node/demo/demo-data.ts'
import { readFigures } from '../../../node/demo/figures.ts'
import { Flock } from '../../../node/demo/flock.ts'
import { DemoView } from '../../../node/demo/view.ts'
import type { PeerTraffic } from './peer-traffic.ts'

const COUNTER = fileURLToPath(new URL('count-protocols.ts', import.meta.url))

/** Of 1437 rows to train on, 64 peers have 22 each. */
const BATCH = 16
const LOCAL_STEPS = 8
const SEED = 7

/** What a peer's own log says of its run. */
export interface PlayedRun {
  /** Trained. */
  readonly rounds: number
  /** Received at the sockets, less beacons. */
  readonly lessBeacons: number
  /** Of the training phase. */
  readonly seconds: number
  /** Mean over its deltas. */
  readonly links: number
}

export interface FlockTraffic {
  /** As the run's manifest has them. */
  readonly rounds: number
  readonly peers: readonly PlayedRun[]
  /** In no order. */
  readonly counts: readonly PeerTraffic[]
}

/** Plays a run with real peers, each of which counts what it receives. */
export async function measureFlock(peers: number, model: string, rounds: number): Promise<FlockTraffic> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-traffic-'))
  const countsFolder = join(folder, 'counts')
  await mkdir(countsFolder)
  const endCounting = countInChildren(countsFolder)
  const data = await dealOut(join(folder, 'data'), { data: ['digits'], peers, alpha: 1000, seed: SEED })
  const numbers = { rounds, localSteps: LOCAL_STEPS, batch: BATCH, learningRate: 0.05, k: 6, seed: SEED }
  const view = new DemoView([], rounds)
  const flock = await Flock.start({ ...numbers, model, codec: 'int4', folder, data, view })
  try {
    await flock.open()
    await flock.trainAlone()
    await flock.linkUp()
    await flock.trainTogether()
    await flock.stop()
    const files = await readdir(countsFolder)
    const texts = await Promise.all(files.map((file) => readFile(join(countsFolder, file), 'utf8')))
    return {
      rounds,
      peers: await Promise.all(flock.trainers.map(({ handle }) => readRun(handle.home))),
      counts: texts.map((text) => JSON.parse(text) as PeerTraffic)
    }
  } finally {
    endCounting()
    await flock.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Processes that are started from here on write into the folder what they receive, until the function is called. */
function countInChildren(folder: string): () => void {
  const { NODE_OPTIONS: before = '' } = process.env
  process.env.NODE_OPTIONS = `${before} --import=${COUNTER}`
  process.env.STARLING_BENCH_TRAFFIC = folder
  return () => {
    process.env.NODE_OPTIONS = before
    delete process.env.STARLING_BENCH_TRAFFIC
  }
}

async function readRun(home: string): Promise<PlayedRun> {
  const { rounds, receivedBytes, beaconBytes, trainingMs } = await readFigures(home)
  const lines = (await readFile(join(home, 'events.jsonl'), 'utf8')).split('\n')
  const links = lines.flatMap((line) => (line === '' ? [] : ((JSON.parse(line) as { links?: number }).links ?? [])))
  return {
    rounds,
    lessBeacons: receivedBytes - beaconBytes,
    seconds: trainingMs / 1000,
    links: links.reduce((sum, count) => sum + count, 0) / links.length
  }
}
