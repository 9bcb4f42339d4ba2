import { MAX_BLOCK_BYTES, payloadBlocks } from '../../protocols/delta-gossip/index.ts'
import { parseDeltaHeader } from '../../protocols/envelope/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import { type Copies, createCopies } from '../../storage/index.ts'
import { traced } from '../activity.ts'
import type { Peer } from '../peer.ts'
import { type DiskTrouble, requireFree } from './disk-trouble.ts'
import { rebuildOwnCopy } from './rebuild-own-copy.ts'
import type { RunFiles } from './run-files.ts'

export interface OwnStoreInit {
  readonly peer: Pick<Peer, 'home' | 'storage' | 'idBytes'>
  /** Run id, text form: names chain and copy. */
  readonly run: string
  readonly trouble: DiskTrouble
  /** The own public copy with the header that signs it; undefined before the first delta. */
  readonly own: () => Promise<SignedCopy | undefined>
  /** Keeps the whole chain, not only what a restart needs. */
  readonly keepAll?: boolean
  /** Saves what this peer keeps to itself, with the copy. */
  readonly savePersonal: () => Promise<void>
}

export interface LoadedOwnCopy {
  readonly saved?: { readonly round: number; readonly copy: Uint8Array }
  /** What was saved is damaged: for the owner. */
  readonly warning?: string
}

/**
 * What a trainer keeps of itself on its disk: its chain, with a snapshot at every start and now and then, and its newest
 * copy. Written in
 * the background and in order; what fails is told by `trouble` and costs only history.
 */
export class OwnStore {
  readonly #init: OwnStoreInit
  readonly #copies: Copies
  /** What is being stored, oldest first. */
  readonly #unstored: Promise<void>[] = []

  constructor(init: OwnStoreInit) {
    this.#init = init
    this.#copies = createCopies(init.peer.home)
  }

  /** The newest copy that an earlier start left, saved or rebuilt from its chain. Never rejects for what is on the disk. */
  async load({ id, manifest }: Pick<RunFiles, 'id' | 'manifest'>): Promise<LoadedOwnCopy> {
    const { peer, run } = this.#init
    const { parameterCount, averaging } = manifest
    const loaded = await this.#copies.load(run)
    const saved = loaded.type === 'found' ? loaded.saved : undefined
    const facts = { run, author: peer.idBytes, runBytes: id.bytes, codec: averaging.codec, parameterCount }
    const newest = (await rebuildOwnCopy(peer.storage, facts, saved)) ?? saved
    return {
      ...(newest === undefined ? {} : { saved: { round: newest.round, copy: bytesOf(newest.copy) } }),
      ...(loaded.type === 'damaged' ? { warning: loaded.warning } : {})
    }
  }

  /** Stores the copy that a chain starts from, soon: what the next start replays the deltas on. */
  begin(copy: Promise<{ readonly copy: Uint8Array }>): void {
    this.#later('deltas not stored', async () => this.#snapshot((await copy).copy))
  }

  /** Stores a delta soon. */
  append(header: Uint8Array, payload: Uint8Array): void {
    this.#later('deltas not stored', () => this.#append(header, payload))
  }

  /** Saves the copy soon. */
  saveSoon(): void {
    this.#later('copy not saved', () => this.#save())
  }

  /** Saves the copy when everything before it is stored. Rejects when it could not be. */
  async save(): Promise<void> {
    await this.settled()
    await this.#save()
  }

  /**
   * Resolves when nothing waits for the disk. Rounds wait for it, each for what the one before it left: whoever is killed
   * then has lost one round at most.
   */
  async settled(): Promise<void> {
    await this.#unstored.at(-1)
  }

  #later(what: string, work: () => Promise<void>): void {
    const { trouble } = this.#init
    const stored = this.settled()
      .then(() => traced('storing', work))
      .then(() => trouble.stored(what))
      .catch((error: Error) => trouble.failed(what, error))
      .then(() => void this.#unstored.shift())
    this.#unstored.push(stored)
  }

  async #append(header: Uint8Array, payload: Uint8Array): Promise<void> {
    const { peer, run, own } = this.#init
    const { chains } = peer.storage
    const parts = payload.byteLength <= MAX_BLOCK_BYTES ? payload : await payloadBlocks(payload)
    const { isSnapshotDue } = await chains.append(run, { header, payload: parts })
    const signed = isSnapshotDue ? await own() : undefined
    if (signed !== undefined) await this.#snapshot(signed.copy)
  }

  async #snapshot(copy: Uint8Array): Promise<void> {
    const { peer, run, keepAll = false } = this.#init
    await requireFree(peer.home.dir, copy.byteLength)
    await peer.storage.chains.snapshot(run, copy, { keepAll })
  }

  async #save(): Promise<void> {
    const signed = await this.#init.own()
    if (signed === undefined) return
    const { incarnation, seq, stateHash, round } = (await parseDeltaHeader(signed.header)).header
    const copy = new Float32Array(signed.copy.slice().buffer)
    await this.#copies.save(this.#init.run, { incarnation, seq, round: round + 1, stateHash, copy })
    await this.#init.savePersonal()
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
