import { createHash } from 'node:crypto'
import { createRandom } from '../../protocols/averaging/index.ts'
import { type EngineKind, startEngine } from '../training/index.ts'
import { measureOf } from '../training/quality.ts'
import { Flock, type Member, type TopologyName, TRAIN_MS } from './flock.ts'
import { flockRound, measureFlock, type Snapshot } from './measurements.ts'
import { makeReport, type SimulationReport } from './report.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { prepareRun, type RunOptions } from './simulated-run.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface SimulationOptions extends RunOptions {
  readonly engine: EngineKind
  readonly topology: TopologyName
  /** Link delay one way, in units of one training time. */
  readonly delay: number
  /** Training times of the peers, in units of one training time: uniform between these. */
  readonly speeds: readonly [low: number, high: number]
  /** Share of deltas, requests and answers that are lost. */
  readonly loss: number
  /** What a peer's uplink carries in a second. */
  readonly bytesPerSecond?: number
}

export interface SimulationHooks {
  readonly signal?: AbortSignal
  /** Half of the peers have played so many rounds. */
  readonly onProgress?: (snapshot: Snapshot) => void
}

/**
 * Runs the real participant of every peer on a virtual clock with links in memory. The outcome depends on the options
 * alone: with the engine `cpu` the final copies are the same bytes on any machine. Throws the errors of the data and of the
 * manifest, and the signal's reason.
 */
export async function runSimulation(
  options: SimulationOptions,
  hooks: SimulationHooks = {}
): Promise<SimulationReport> {
  const startedAt = performance.now()
  const run = await prepareRun(options)
  const engine = await startEngine(options.engine)
  const clock = new VirtualClock()
  const random = createRandom(options.seed).fork('simulation')
  const measure = measureOf(run.manifest.task.kind)
  const snapshots: Snapshot[] = []
  const slow = random.fork('speeds')
  const [low, high] = options.speeds
  const network = new SimulatedNetwork({
    clock,
    delayMs: () => options.delay * TRAIN_MS,
    loss: { share: options.loss, random: random.fork('loss') },
    ...(options.bytesPerSecond === undefined ? {} : { bytesPerSecond: options.bytesPerSecond }),
    onReceived: (to, payloadBytes) => {
      const member = flock.member(to)
      if (member !== undefined) member.receivedBytes += payloadBytes
    }
  })
  let round = 0
  const measureSoon = () => {
    // An event of its own: what the peers do at this instant is done by then.
    clock.after(0, () => {
      const at = { round, ms: clock.now() }
      void clock.during(measureFlock(flock.members, measure, at)).then((snapshot) => {
        snapshots.push(snapshot)
        hooks.onProgress?.(snapshot)
      })
    })
  }
  const flock: Flock = new Flock(
    {
      run,
      engine,
      clock,
      seed: options.seed,
      topology: options.topology,
      k: options.k,
      slowness: run.rows.map(() => low + (high - low) * slow.next()),
      onRound: () => {
        const now = flockRound(flock.members)
        if (now <= round) return
        round = now
        measureSoon()
      },
      onNotice: () => {}
    },
    network
  )
  await flock.startTogether(run.rows.map((_, index) => index))
  await clock.until(Promise.all(flock.members.map(({ ended }) => ended)), hooks)
  const final = await measureFlock(flock.members, measure, { round, ms: clock.now() })
  const copies = await hashOfCopies(flock.members)
  await flock.close()
  return makeReport({
    options,
    peers: run.rows.length,
    measure,
    final,
    snapshots,
    copies,
    seconds: (performance.now() - startedAt) / 1000
  })
}

/** SHA-256 over the public copies of all peers, in the order of their owners. */
async function hashOfCopies(members: readonly Member[]): Promise<string> {
  const hash = createHash('sha256')
  for (const { peer } of members.toSorted((a, b) => a.index - b.index)) hash.update((await peer.vectors.ownCopy()).copy)
  return hash.digest('hex')
}
