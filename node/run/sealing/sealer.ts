import type { CID } from 'multiformats/cid'
import type { Clock } from '../../../protocols/clock.ts'
import { authorOf, parseDeltaHeader, type SignedDeltaHeader, signSeal } from '../../../protocols/envelope/index.ts'
import type { SignedCopy, StateService } from '../../../protocols/state-sync/index.ts'
import type { Peer } from '../../peer.ts'
import type { Metrics } from '../../training/index.ts'
import { requireFree } from '../disk-trouble.ts'
import { type RunFiles, weightsFileBytes } from '../run-files.ts'
import { ClosedMembers } from './closed-members.ts'
import { storeSealedCheckpoint } from './sealed-checkpoint.ts'

/** How often neighbours are asked who else has closed: a few times within the shortest linger, 3 s. */
const ASK_EVERY_MS = 400

/** While somebody is missing who was a member, the others are waited for as long after the last one that closed. */
const QUIET_MS = 1200

/** Peers that are asked in one go. */
const MAX_ASKED = 8

export interface SealedByThis {
  readonly root: CID
  readonly members: number
  readonly metrics?: Metrics
  /** The signed seal. */
  readonly bytes: Uint8Array
}

export interface SealerInit {
  readonly peer: Pick<Peer, 'storage' | 'home' | 'key'>
  readonly run: RunFiles
  readonly state: Pick<StateService, 'fetchClosed' | 'fetchCopy'>
  readonly clock: Clock
  /** Whom to ask, nearest first: peer ids in text form. */
  readonly ask: () => Iterable<string>
  /** Trainers in the run, this peer included if it is one, as far as it knows. */
  readonly members: () => number
  /** What this peer holds of a member without asking anybody. */
  readonly heldCopy?: (id: string) => Promise<SignedCopy | undefined>
  /** On the own held-out rows; absent for a peer that has none. */
  readonly evaluate?: (weights: Float32Array) => Promise<Metrics>
  readonly onSealed: (sealed: SealedByThis) => Promise<void>
  readonly onTrouble: (error: Error) => void
}

/**
 * Ends a run: one checkpoint over all members that closed, derived by each on its own and signed by each that did.
 *
 * Every member publishes the header of its last delta to all. Headers that were missed and the copies that they sign come
 * from the neighbours, and from theirs: in as many rounds of asking as the network is wide everybody holds all of them,
 * without a connection that was not there before. Who holds the copies of all known members, or has heard of no new one
 * for a while, derives the checkpoint from what it holds and signs it; if another member closes after that, the same
 * again with that one. Nobody is waited for beyond that. Promised: equal sets give equal CIDs. Not promised: that all sign
 * the same set; of several, the one with most members counts.
 */
export class Sealer {
  readonly #init: SealerInit
  readonly #closed: ClosedMembers
  readonly #stopping = new AbortController()
  #grewAt = Number.NEGATIVE_INFINITY
  #sealed = ''
  #working: Promise<void> | undefined
  /** The newest checkpoint that this peer derived and signed. */
  newest: SealedByThis | undefined

  constructor(init: SealerInit) {
    this.#init = init
    this.#closed = new ClosedMembers(init.run.id.bytes, init.run.manifest)
  }

  /** True when nothing is left to sign: every copy of a known member is here and derived from. */
  get isSettled(): boolean {
    return this.#working === undefined || (this.#isComplete && this.#key === this.#sealed && this.#isQuiet)
  }

  /** Sealed headers of those who closed and whose copies this peer gives. */
  get headers(): Uint8Array[] {
    return this.#closed.held.map(({ signed }) => signed.bytes)
  }

  /** Somebody published a delta; only a last one matters. */
  note(signed: SignedDeltaHeader): void {
    if (this.#closed.add(signed)) this.#grewAt = this.#init.clock.now()
  }

  /** The last copy of a member that closed, with the header that signs it. */
  copyOf(id: string): SignedCopy | undefined {
    const member = this.#closed.of(id)
    return member?.copy === undefined ? undefined : { header: member.signed.bytes, copy: member.copy }
  }

  /** Begins to seal, with the own last copy where this peer trained. May be called again. */
  async begin(own?: SignedCopy & { readonly id: string }): Promise<void> {
    if (own !== undefined) {
      this.note(await parseDeltaHeader(own.header))
      this.#closed.hold(own.id, own.copy)
    }
    this.#working ??= this.#work()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    const { clock, onTrouble } = this.#init
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#gather()
        if (this.#isDue && !signal.aborted) await this.#seal()
      } catch (error) {
        onTrouble(error as Error)
      }
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel()
          signal.removeEventListener('abort', end)
          resolve()
        }
        const cancel = clock.after(ASK_EVERY_MS, end)
        signal.addEventListener('abort', end)
      })
    }
  }

  /** Names the set of copies that are here. */
  get #key(): string {
    return this.#closed.held.map(({ signed }) => Buffer.from(signed.hash).toString('base64')).join()
  }

  get #isComplete(): boolean {
    return this.#closed.missing.length === 0
  }

  get #isQuiet(): boolean {
    const isAll = this.#closed.held.length >= this.#init.members()
    return isAll || this.#init.clock.now() - this.#grewAt >= QUIET_MS
  }

  get #isDue(): boolean {
    return this.#closed.held.length > 0 && this.#key !== this.#sealed && this.#isQuiet
  }

  /** One round of asking: who has closed, then for the copies that are missing. */
  async #gather(): Promise<void> {
    const { ask, state } = this.#init
    const ids = [...ask()].slice(0, MAX_ASKED)
    await Promise.all(
      ids.map(async (id) => {
        // Gone, or it sent what is no header: the others are asked too.
        const headers = await state.fetchClosed(id).catch(() => [])
        for (const bytes of headers) {
          const signed = await parseDeltaHeader(bytes).catch(() => undefined)
          if (signed !== undefined) this.note(signed)
        }
      })
    )
    for (const { id, signed } of this.#closed.missing) {
      if (this.#stopping.signal.aborted) return
      await this.#fetch(id, signed.header.author, ids)
    }
  }

  async #fetch(id: string, author: Uint8Array, ids: readonly string[]): Promise<void> {
    const { state, heldCopy } = this.#init
    const held = await heldCopy?.(id)
    if (held !== undefined && this.#closed.hold(id, held.copy)) return
    const holders = ids.includes(id) ? [id, ...ids.filter((other) => other !== id)] : ids
    for (const holder of holders) {
      if (this.#stopping.signal.aborted) return
      const answer = await (holder === id ? state.fetchCopy(id) : state.fetchCopy(holder, author)).catch(
        () => undefined
      )
      if (answer !== undefined && this.#closed.hold(id, answer.copy)) return
    }
  }

  async #seal(): Promise<void> {
    const { peer, run, evaluate, clock, onSealed } = this.#init
    const key = this.#key
    const members = this.#closed.held
    const { manifest } = run
    await requireFree(peer.home.dir, (1 + members.length) * weightsFileBytes(manifest.parameterCount))
    const { kept, weights } = await storeSealedCheckpoint(peer.storage, run, members)
    const metrics = await evaluate?.(weights)
    const shared = manifest.share.metrics ? metrics : undefined
    const bytes = await signSeal(
      {
        run: run.id.bytes,
        author: authorOf(peer.key),
        checkpoint: kept.root.bytes,
        round: manifest.training.rounds,
        members: members.length,
        ...(shared === undefined ? {} : { metrics: shared }),
        createdAt: clock.wallNow()
      },
      peer.key
    )
    this.newest = { root: kept.root, members: members.length, bytes, ...(metrics === undefined ? {} : { metrics }) }
    this.#sealed = key
    await onSealed(this.newest)
  }
}
