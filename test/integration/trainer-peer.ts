/** A real trainer in this process, so that a test can look into it: own home, libp2p node, worker thread and store. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { createPeer, type Peer } from '../../node/peer.ts'
import { createRun, draftRun } from '../../node/run/create-run.ts'
import { locateRun } from '../../node/run/locate-run.ts'
import { type RunFiles, readRunFiles } from '../../node/run/run-files.ts'
import { DEFAULT_PLAN, type RunPlan } from '../../node/run/run-plan.ts'
import { TrainerRun } from '../../node/run/trainer-run.ts'
import { startVectorWorker } from '../../node/vectors/index.ts'
import type { Invite } from '../../protocols/envelope/index.ts'
import { openHome, openStorage } from '../../storage/index.ts'
import { LABEL, writeBlobs } from './tables.ts'

export const NETWORK = 'test'

/** A small linear run on blobs, written into a home. Longer than any test unless the plan says otherwise. */
export async function writeRun(folder: string, plan: Partial<RunPlan> = {}): Promise<{ home: string; id: CID }> {
  await mkdir(folder, { recursive: true })
  const data = [await writeBlobs(join(folder, 'schema.csv'), 60, 1)]
  const whole = { ...DEFAULT_PLAN, name: 'test', data, label: LABEL, model: 'linear', rounds: 1_000_000, ...plan }
  const draft = await draftRun(whole)
  const dir = join(folder, 'creator')
  const home = await openHome(dir, { create: true })
  const storage = await openStorage({ home })
  const { id } = await createRun(home, storage, draft)
  await storage.close()
  await home.close()
  return { home: dir, id }
}

/** A peer on loopback. */
export function startPeer(home: string): Promise<Peer> {
  return createPeer({ home, listen: ['/ip4/127.0.0.1/tcp/0'] })
}

export interface TrainerPeer {
  readonly peer: Peer
  readonly run: RunFiles
  readonly trainer: TrainerRun
  /** What a newcomer needs to find this peer. */
  readonly invite: Invite
  /** The round that this peer has reached; one that joins a run under way begins with a later one. */
  readonly rounds: () => number
  /** Authors whose versions were mixed so far. */
  readonly mixed: ReadonlySet<string>
  /** What the operator was told. */
  readonly notices: readonly string[]
  /** Resolves when the run ends. */
  readonly done: Promise<unknown>
  /** As Ctrl-C stops a peer: nothing is left behind. */
  stop(): Promise<void>
}

export interface TrainerPeerInit {
  readonly home: string
  /** The run is in the home, or with the peers of the invite. */
  readonly run: CID | Invite
  readonly seed: number
  /** Links to wait for before the first round. */
  readonly links: number
}

/** Starts a trainer that plays rounds until the run ends or it is stopped. */
export async function startTrainer({ home, run: from, seed, links }: TrainerPeerInit): Promise<TrainerPeer> {
  const stopping = new AbortController()
  const peer = await startPeer(home)
  const invite = 'addresses' in from ? from : undefined
  const run =
    'addresses' in from ? await locateRun(peer, from, stopping.signal) : await readRunFiles(peer.storage, from)
  const vectors = await startVectorWorker({
    manifest: run.manifestBytes,
    modelJson: run.modelJson,
    initial: new Uint8Array(run.initial.buffer, run.initial.byteOffset, run.initial.byteLength),
    rows: { data: await writeBlobs(join(home, 'rows.csv'), 60, seed), seed }
  })
  let rounds = 0
  const mixed = new Set<string>()
  const notices: string[] = []
  const trainer = new TrainerRun({
    peer,
    run,
    network: NETWORK,
    ...(invite === undefined ? {} : { invite }),
    vectors,
    company: { links, ms: 60_000 },
    onRound: (event) => {
      rounds = event.round + 1
      for (const { author } of event.mixed) mixed.add(author)
    },
    onNotice: (message) => notices.push(message)
  })
  await trainer.start()
  const done = trainer.train(stopping.signal)
  const stop = async () => {
    stopping.abort()
    await done
    await trainer.stop()
    await vectors.close()
    await peer.stop()
  }
  const addresses = peer.libp2p.getMultiaddrs().map(String)
  const own: Invite = { v: 1, run: run.id.bytes, network: NETWORK, addresses }
  return { peer, run, trainer, invite: own, rounds: () => rounds, mixed, notices, done, stop }
}
