import { createHash } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { Averager, type Codec, createRandom, type Random } from '../../../../protocols/averaging/index.ts'
import { type DeltaFrame, payloadRoot } from '../../../../protocols/delta-gossip/index.ts'
import { authorOf, type DeltaHeader, parseDeltaHeader, sealDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { deltaHeader } from '../envelope/samples.ts'

/** One published delta, with the public copy that it leads to. */
export interface Published {
  readonly frame: Required<DeltaFrame>
  readonly header: DeltaHeader
  /** Shape [n], after the delta. */
  readonly copy: Float32Array
}

export interface AuthorChainInit {
  readonly key: PrivateKey
  readonly incarnation: Uint8Array
  /** The copy that the chain starts from, shape [n]. */
  readonly start: Float32Array
  readonly codec?: Codec
  readonly seed?: number
}

/** An author that publishes a chain of honest deltas of a model that walks at random. */
export class AuthorChain {
  readonly published: Published[] = []
  readonly #init: AuthorChainInit
  readonly #averager: Averager
  readonly #random: Random
  #prev: Uint8Array | null = null

  constructor(init: AuthorChainInit) {
    const { start, codec = 'int4', seed = 1 } = init
    const rules = { codec, mu: 0, kappa: 0.5, beta: 0.5, gamma: 1 }
    this.#init = init
    this.#random = createRandom(seed)
    this.#averager = new Averager({ rules, parameters: start.slice(), random: this.#random.fork('rounding') })
  }

  get newest(): Published {
    return this.published.at(-1)!
  }

  /** Trains, publishes and signs. `wrong` overrides fields of the header, after which the chain goes on as it was. */
  async publish(wrong: Partial<DeltaHeader> = {}): Promise<Published> {
    const { key, incarnation, codec = 'int4' } = this.#init
    const base = hashOf(this.#averager.copy)
    const trained = this.#averager.parameters.map((x) => x + this.#random.next() - 0.5)
    const { payload, norm } = this.#averager.publish(trained, { driftWeight: 1, withMomentum: false })!
    this.#averager.mix([])
    const copy = this.#averager.copy.slice()
    const header: DeltaHeader = {
      ...deltaHeader,
      author: authorOf(key),
      incarnation,
      seq: this.published.length,
      prev: this.#prev,
      base,
      round: this.published.length,
      codec,
      length: copy.length,
      payload: { bytes: payload.byteLength, root: (await payloadRoot(payload)).bytes },
      norm,
      stateHash: hashOf(copy),
      ...wrong
    }
    const sealed = await sealDeltaHeader(header, key)
    this.#prev = (await parseDeltaHeader(sealed)).cid.bytes
    this.published.push({ frame: { header: sealed, payload }, header, copy })
    return this.newest
  }

  async publishMany(count: number): Promise<Published[]> {
    for (let i = 0; i < count; i++) await this.publish()
    return this.published.slice(-count)
  }
}

/** SHA-256 of a copy's little-endian bytes. */
export function hashOf(copy: Float32Array): Uint8Array {
  return createHash('sha256').update(bytesOf(copy)).digest()
}

export function bytesOf(copy: Float32Array): Uint8Array {
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength)
}
