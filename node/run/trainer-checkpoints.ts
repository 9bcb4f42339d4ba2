import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { systemClock } from '../../protocols/clock.ts'
import {
  type CheckpointNews,
  type Invite,
  parseCheckpointNews,
  type SignedDeltaHeader
} from '../../protocols/envelope/index.ts'
import { peerBytes, peerText } from '../../protocols/links/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import { traced } from '../activity.ts'
import type { CheckpointCopy, CheckpointRequest, Participant } from '../participant/index.ts'
import type { Peer } from '../peer.ts'
import type { VectorWorker, WorkerReport } from '../vectors/index.ts'
import { dropOldCheckpoints, type MadeCheckpoint, makeCheckpoint } from './checkpoints.ts'
import type { DiskTrouble } from './disk-trouble.ts'
import { findCheckpoint } from './find-checkpoint.ts'
import { NewestCheckpoint } from './newest-checkpoint.ts'
import type { RunFiles } from './run-files.ts'
import type { RunNetwork } from './run-network.ts'
import { type SealedByThis, Sealer } from './sealing/index.ts'
import type { SignedCopies } from './signed-copies.ts'
import type { TrainerLogs } from './trainer-logs.ts'

export interface TrainerCheckpointsInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly invite?: Invite
  readonly vectors: VectorWorker & { readonly report: WorkerReport }
  readonly network: RunNetwork
  readonly copies: SignedCopies
  readonly logs: TrainerLogs
  readonly trouble: DiskTrouble
  /** Trainers that this peer knows, itself included. */
  readonly members: () => number
  /** Undefined before the participant is there. */
  readonly live: () => Participant | undefined
  readonly onMade?: (checkpoint: MadeCheckpoint, request: CheckpointRequest) => void
  /** This peer derived and signed the run's last checkpoint. */
  readonly onSealed?: (root: CID, members: number) => void
  readonly onNotice: (message: string) => void
}

/** A trainer's checkpoints: those it makes in its turn, hears of, begins with, and the one that it seals at the end. */
export class TrainerCheckpoints {
  readonly #init: TrainerCheckpointsInit
  readonly #newest = new NewestCheckpoint()
  readonly #sealer: Sealer
  readonly #underWay = new Set<Promise<void>>()

  constructor(init: TrainerCheckpointsInit) {
    this.#init = init
    const { peer, run, vectors, network, copies, members, trouble } = init
    this.#sealer = new Sealer({
      peer,
      run,
      state: network.state,
      clock: systemClock,
      ask: () => network.links.links.keys(),
      members,
      heldCopy: (id) => copies.of(peerBytes(id)),
      ...(vectors.report.heldOut > 0 ? { evaluate: (weights) => vectors.evaluate(weights) } : {}),
      onSealed: (sealed) => this.#sealed(sealed),
      onTrouble: (error) => trouble.failed('checkpoint not sealed', error)
    })
  }

  /** The newest checkpoint's announcement, own or heard of. */
  get announced(): CheckpointNews | undefined {
    return this.#newest.announced
  }

  /** Headers of those who closed and whose copies this peer gives. */
  get closedHeaders(): Uint8Array[] {
    return this.#sealer.headers
  }

  /** True when nothing is left to sign. */
  get isSettled(): boolean {
    return this.#sealer.isSettled
  }

  /** The copy of a member that closed; undefined for others. */
  closedCopyOf(author: Uint8Array): SignedCopy | undefined {
    return this.#sealer.copyOf(peerText(author))
  }

  headerHeard(signed: SignedDeltaHeader): void {
    this.#init.logs.records.append('delta', signed.bytes)
    this.#sealer.note(signed)
  }

  heard(checkpoint: CheckpointNews): void {
    const { peer, logs, live } = this.#init
    if (equals(checkpoint.announcement.author, peer.idBytes)) return
    logs.heard(checkpoint)
    // What others sealed is derived here too, or not taken for this run's end.
    if (checkpoint.seal !== undefined) return
    if (this.#newest.offer(checkpoint)) live()?.checkpointSeen(checkpoint.announcement.phase)
  }

  /** Makes a checkpoint and announces it. Never rejects. */
  async make(request: CheckpointRequest, incarnation: Uint8Array): Promise<void> {
    const making = traced('checkpointing', () => this.#make(request, incarnation))
    this.#underWay.add(making)
    await making
    this.#underWay.delete(making)
  }

  async #make(request: CheckpointRequest, incarnation: Uint8Array): Promise<void> {
    const { peer, run, vectors, logs, network, trouble, onMade } = this.#init
    try {
      const { heldOut } = vectors.report
      const made = await makeCheckpoint({ peer, run, vectors, heldOut, incarnation }, request)
      this.#newest.offer(await parseCheckpointNews(made.announcement))
      logs.announced('checkpoint', made.root, made.announcement)
      await network.topics.publish('checkpoints', made.announcement)
      trouble.stored('checkpoint not made')
      onMade?.(made, request)
    } catch (error) {
      trouble.failed('checkpoint not made', error as Error)
    }
  }

  /** Asks everybody who may know one; what nobody gives in time is no checkpoint. */
  async toStartFrom(signal: AbortSignal): Promise<CheckpointCopy | undefined> {
    const { peer, run, invite, network, onNotice } = this.#init
    const found = await findCheckpoint({ network, storage: peer.storage, run, invite, signal, onNotice })
    if (found === undefined) return undefined
    this.heard(found.announced)
    return found.copy
  }

  /** The end of the run for all, from the own last copy on: see Sealer. */
  async seal(own: SignedCopy): Promise<void> {
    await this.#sealer.begin({ id: this.#init.peer.id, ...own })
  }

  /** Resolves when nothing of this is under way: a checkpoint that is being stored is finished first. */
  async stop(): Promise<void> {
    await Promise.all([this.#sealer.stop(), ...this.#underWay])
  }

  async #sealed({ root, members, bytes }: SealedByThis): Promise<void> {
    const { peer, run, logs, network, trouble, onSealed } = this.#init
    this.#newest.offer(await parseCheckpointNews(bytes))
    logs.announced('seal', root, bytes)
    await network.topics.publish('checkpoints', bytes)
    await dropOldCheckpoints(peer.storage, run.id.toString())
    trouble.stored('checkpoint not sealed')
    onSealed?.(root, members)
  }
}
