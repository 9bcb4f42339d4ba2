import type { PrivateKey } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import {
  type DeltaFrame,
  MAX_BLOCK_BYTES,
  payloadRoot,
  type SignedVersion
} from '../../protocols/delta-gossip/index.ts'
import { authorOf, type DeltaHeader, deltaCid, openEnvelope, sealDeltaHeader } from '../../protocols/envelope/index.ts'
import type { RoundOutcome } from '../vectors/index.ts'

/** Deltas kept for neighbours that missed some: back to the last snapshot (DESIGN 6), within `MAX_KEPT_BYTES`. */
const KEPT_DELTAS = 32

/** Memory for those deltas. Four deltas of a million parameters in int4; what is gone is replaced by a fetched copy. */
const MAX_KEPT_BYTES = 2 * MAX_BLOCK_BYTES

type HeaderFields = Pick<DeltaHeader, 'round' | 'phase' | 'steps' | 'degree' | 'engine' | 'samples' | 'loss'>

interface OwnDelta {
  readonly seq: number
  readonly root: Uint8Array
  readonly header: Uint8Array
  readonly payload: Uint8Array
}

export interface OwnChainInit {
  readonly run: Uint8Array
  readonly key: PrivateKey
  readonly incarnation: Uint8Array
  readonly codec: DeltaHeader['codec']
  readonly parameterCount: number
  /** Hash of the copy that the chain starts from. */
  readonly base: Uint8Array
}

/** The chain of deltas that this peer signs, and the newest part of it for those who ask. */
export class OwnChain {
  readonly #init: OwnChainInit
  #kept: OwnDelta[] = []
  #keptBytes = 0
  #prev: Uint8Array | null = null
  #base: Uint8Array
  #newest: OwnDelta | undefined
  #onSigned: (() => void)[] = []

  constructor(init: OwnChainInit) {
    this.#init = init
    this.#base = init.base
  }

  get incarnation(): Uint8Array {
    return this.#init.incarnation
  }

  /** Sequence number of the newest signed delta, -1 before the first. */
  get seq(): number {
    return this.#newest?.seq ?? -1
  }

  /** CID of the newest delta, `null` before the first. */
  get head(): Uint8Array | null {
    return this.#prev
  }

  /** The newest delta as it was signed; undefined before the first. */
  get newest(): SignedVersion | undefined {
    return this.#newest === undefined ? undefined : { header: this.#newest.header, stateHash: this.#base }
  }

  /** Signs the header of a published delta and appends it. */
  async append(outcome: Extract<RoundOutcome, { type: 'published' }>, fields: HeaderFields): Promise<OwnDelta> {
    const { run, key, incarnation, codec, parameterCount } = this.#init
    const root = (await payloadRoot(outcome.payload)).bytes
    const header = await sealDeltaHeader(
      {
        run,
        author: authorOf(key),
        incarnation,
        seq: outcome.seq,
        prev: this.#prev,
        base: this.#base,
        codec,
        length: parameterCount,
        payload: { bytes: outcome.payload.byteLength, root },
        norm: outcome.norm,
        stateHash: outcome.stateHash,
        trainMs: outcome.trainMs,
        ...fields
      },
      key
    )
    this.#prev = deltaCid(openEnvelope(header, { type: 'delta', maxBytes: header.byteLength }).body).bytes
    this.#base = outcome.stateHash
    const delta = { seq: outcome.seq, root, header, payload: outcome.payload }
    this.#keep(delta)
    return delta
  }

  #keep(delta: OwnDelta): void {
    this.#newest = delta
    this.#kept.push(delta)
    this.#keptBytes += delta.payload.byteLength
    while (this.#kept.length > 1 && (this.#kept.length > KEPT_DELTAS || this.#keptBytes > MAX_KEPT_BYTES)) {
      this.#keptBytes -= this.#kept.shift()!.payload.byteLength
    }
    for (const resolve of this.#onSigned.splice(0)) resolve()
  }

  /** Deltas `from` to `to` (inclusive) of this incarnation that are still kept, oldest first. */
  deltas(incarnation: Uint8Array, from: number, to: number): readonly Required<DeltaFrame>[] {
    if (!equals(incarnation, this.#init.incarnation)) return []
    return this.#kept.filter(({ seq }) => seq >= from && seq <= to)
  }

  /** The payload with that root, if it is still kept. */
  payload(root: Uint8Array): Uint8Array | undefined {
    return this.#kept.find((delta) => equals(delta.root, root))?.payload
  }

  /** The sealed header of a delta that is published already but may still wait for its signature. */
  async header(seq: number): Promise<Uint8Array | undefined> {
    while (this.seq < seq) await new Promise<void>((resolve) => this.#onSigned.push(resolve))
    return this.#kept.find((delta) => delta.seq === seq)?.header
  }
}
