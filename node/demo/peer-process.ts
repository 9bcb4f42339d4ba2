/** One peer of the demo: a real process with its own home, libp2p node and rows, told what to do over IPC. */
import { CID } from 'multiformats/cid'
import { parseInvite } from '../../protocols/envelope/index.ts'
import { createPeer, type Peer } from '../peer.ts'
import { DEFAULT_POLICY, DEFAULT_QUOTA, parseDiskSize, parsePolicy, QuotaKeeper } from '../pinning/index.ts'
import { Recorder } from '../recording/index.ts'
import { locateRun } from '../run/locate-run.ts'
import { PinnerRun } from '../run/pinner-run.ts'
import { readRunFiles } from '../run/run-files.ts'
import { TrainerRun } from '../run/trainer-run.ts'
import { startVectorWorker } from '../vectors/index.ts'
import type { DemoCommand, DemoEvent } from './messages.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']

/** Resident memory is sampled once a second (issue: the largest of samples a second apart). */
const RSS_INTERVAL_MS = 1000

/** The table is redrawn a few times a second; more messages would only cost time. */
const PROGRESS_INTERVAL_MS = 200

const stopping = new AbortController()
const closers: (() => Promise<void>)[] = []

function tell(event: DemoEvent): void {
  if (process.connected) process.send?.(event)
}

const notice = (message: string) => tell({ type: 'notice', message })

/** Waits for the next command of a type. */
function command<T extends DemoCommand['type']>(type: T): Promise<Extract<DemoCommand, { type: T }>> {
  return new Promise((resolve) => {
    const listen = (message: DemoCommand) => {
      if (message.type !== type) return
      process.off('message', listen)
      resolve(message as Extract<DemoCommand, { type: T }>)
    }
    process.on('message', listen)
  })
}

async function open(home: string): Promise<Peer> {
  const peer = await createPeer({ home, listen: LISTEN })
  closers.push(() => peer.stop())
  return peer
}

async function pin({ home, run, network }: Extract<DemoCommand, { type: 'pin' }>): Promise<void> {
  const peer = await open(home)
  const files = await readRunFiles(peer.storage, CID.parse(run))
  const policy = parsePolicy(DEFAULT_POLICY)
  const quota = new QuotaKeeper({ storage: peer.storage, quotaBytes: parseDiskSize(DEFAULT_QUOTA) })
  quota.follow(run, { policy, say: (_, message) => notice(message) })
  const pinner = new PinnerRun({
    peer,
    run: files,
    network,
    policy,
    quota,
    onPinned: ({ root, ...checkpoint }) => tell({ type: 'pinned', root: root.toString(), ...checkpoint }),
    onNotice: notice
  })
  await pinner.start()
  closers.push(() => pinner.stop())
  tell({ type: 'listening', id: peer.id, addresses: peer.libp2p.getMultiaddrs().map(String) })
}

async function join(joining: Extract<DemoCommand, { type: 'join' }>): Promise<void> {
  const { home, invite: text, data, test, seed } = joining
  const invite = parseInvite(text)
  const peer = await open(home)
  const run = await locateRun(peer, invite, stopping.signal)
  const vectors = await startVectorWorker({
    manifest: run.manifestBytes,
    modelJson: run.modelJson,
    initial: new Uint8Array(run.initial.buffer, run.initial.byteOffset, run.initial.byteLength),
    rows: { data, test, seed }
  })
  closers.push(() => vectors.close())
  const { engine, samples, batch } = vectors.report
  const alone = command('train-alone')
  tell({ type: 'ready', id: peer.id, engine, samples, batch })
  await alone
  const { rounds, localSteps } = run.manifest.training
  const startedAt = performance.now()
  const metrics = await vectors.trainAlone(rounds * localSteps)
  tell({ type: 'alone', metrics, ms: performance.now() - startedAt })

  let toldAt = 0
  const recorder = openRecorder(joining)
  const trainer = new TrainerRun({
    peer,
    run,
    network: invite.network,
    invite,
    vectors,
    ...(recorder === undefined ? {} : { recorder }),
    company: { links: 1, ms: 60_000 },
    onRound: ({ round, phase, loss, links }) => {
      if (Date.now() - toldAt < PROGRESS_INTERVAL_MS && phase !== 'done') return
      toldAt = Date.now()
      tell({ type: 'progress', round, phase, links, ...(loss === undefined ? {} : { loss }) })
    },
    onCheckpoint: ({ root }, { round, phase }) => tell({ type: 'checkpoint', root: root.toString(), round, phase }),
    onSealed: (root, members) => tell({ type: 'sealed', root: root.toString(), members }),
    onNotice: notice
  })
  closers.push(() => trainer.stop())
  const go = command('go')
  await trainer.start()
  const watch = setInterval(() => tell({ type: 'links', links: trainer.degree }), PROGRESS_INTERVAL_MS)
  await go
  clearInterval(watch)
  const report = await trainer.train(stopping.signal)
  tell({ type: 'done', rounds: report.rounds, metrics: await vectors.evaluate() })
}

/** Closed after the run that it follows. */
function openRecorder({ recording, seed }: Extract<DemoCommand, { type: 'join' }>): Recorder | undefined {
  if (recording === undefined) return undefined
  const onError = (error: Error) => notice(`${recording} could not be written: ${error.message}`)
  const recorder = new Recorder({ path: recording, seed, onError })
  closers.push(() => recorder.close())
  return recorder
}

async function stop(): Promise<void> {
  if (stopping.signal.aborted) return
  stopping.abort()
  for (const close of closers.splice(0).reverse()) await close()
  process.exit(0)
}

// The parent is gone, however it went: nobody is left to work for.
process.on('disconnect', () => void stop())
// Ctrl-C reaches the whole process group; the parent says when to stop.
process.on('SIGINT', () => {})
process.on('message', (message: DemoCommand) => {
  if (message.type === 'stop') void stop()
  const work = message.type === 'pin' ? pin(message) : message.type === 'join' ? join(message) : undefined
  work?.catch((error: Error & { code?: unknown }) => {
    if (!stopping.signal.aborted) tell({ type: 'failed', message: error.message, code: error.code })
  })
})
const sample = setInterval(() => tell({ type: 'rss', bytes: process.memoryUsage.rss() }), RSS_INTERVAL_MS)
sample.unref()
