import { MAX_BLOCK_BYTES, payloadBlocks } from '../../protocols/delta-gossip/index.ts'
import { parseDeltaHeader } from '../../protocols/envelope/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import { type Copies, createCopies, type LoadedCopy } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'
import { type DiskTrouble, requireFree } from './disk-trouble.ts'

/**
 * Deltas and copies that may wait for the disk; past it the rounds wait too. A small model plays 400 rounds a second,
 * twice what a disk stores: without the bound a minute of training left a minute of storing to wait for at the end.
 */
const MAX_UNSTORED = 8

export interface OwnStoreInit {
  readonly peer: Pick<Peer, 'home' | 'storage'>
  /** Run id, text form: names chain and copy. */
  readonly run: string
  readonly trouble: DiskTrouble
  /** The own public copy with the header that signs it; undefined before the first delta. */
  readonly own: () => Promise<SignedCopy | undefined>
  /** Saves what this peer keeps to itself, with the copy. */
  readonly savePersonal: () => Promise<void>
}

/**
 * What a trainer keeps of itself on its disk: its chain, with a snapshot now and then, and its newest copy. Written in
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

  /** The copy that an earlier start left. Never rejects for what the file holds. */
  load(): Promise<LoadedCopy> {
    return this.#copies.load(this.#init.run)
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

  /** Resolves when no more waits for the disk than may. */
  async room(): Promise<void> {
    await this.#unstored.at(-1 - MAX_UNSTORED)
  }

  /** Resolves when nothing waits for the disk. */
  async settled(): Promise<void> {
    await this.#unstored.at(-1)
  }

  #later(what: string, work: () => Promise<unknown>): void {
    const { trouble } = this.#init
    const stored = this.settled()
      .then(work)
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
    if (signed === undefined) return
    await requireFree(peer.home.dir, signed.copy.byteLength)
    await chains.snapshot(run, signed.copy)
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
