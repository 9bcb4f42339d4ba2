import { equals } from 'uint8arrays/equals'
import { PayloadError } from '../../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../../protocols/averaging/payload.ts'
import {
  ChainFollower,
  type ChainSource,
  type CopyFault,
  type CopyKeeper,
  type ExpectedCopy,
  type Version
} from '../../../../protocols/delta-gossip/index.ts'
import type { RefusalReason } from '../../../../protocols/envelope/index.ts'
import { author as authorBytes, filled, key, run } from '../envelope/samples.ts'
import { AuthorChain, bytesOf, hashOf } from './author-chain.ts'

/** Parameters: two blocks of the quantiser and an odd number. */
const LENGTH = 301

/** Process starts of one author, in order. */
export const [FIRST_START, SECOND_START, THIRD_START] = [filled(16, 1), filled(16, 2), filled(16, 3)]

/** Keeps one author's copy with the arithmetic of the averager. */
class TestKeeper implements CopyKeeper {
  readonly initial: Float32Array
  readonly calls: string[] = []
  copy: Float32Array | undefined
  version: ExpectedCopy['version'] | undefined

  constructor(initial: Float32Array) {
    this.initial = initial
  }

  async adoptInitial(): Promise<void> {
    this.calls.push('initial')
    this.copy = this.initial.slice()
  }

  async absorb(_author: string, payload: Uint8Array, { version, stateHash }: ExpectedCopy): Promise<CopyFault> {
    this.calls.push(`absorb ${version.seq}`)
    this.version = version
    if (this.copy === undefined) return 'gap'
    try {
      applyPayload('int4', payload, this.copy)
    } catch (error) {
      if (error instanceof PayloadError) return this.#drop(error.reason)
      throw error
    }
    return this.#check(stateHash)
  }

  async adopt(_author: string, copy: Uint8Array, { version, stateHash }: ExpectedCopy): Promise<CopyFault> {
    this.calls.push(`adopt ${version.seq}`)
    this.version = version
    if (copy.byteLength !== 4 * LENGTH) return this.#drop('wrong-length')
    this.copy = new Float32Array(copy.slice().buffer)
    return this.#check(stateHash)
  }

  async recall(): Promise<ExpectedCopy['version'] | undefined> {
    this.calls.push('recall')
    return this.copy === undefined ? undefined : this.version
  }

  #check(stateHash: Uint8Array | undefined): CopyFault {
    const isRight = stateHash === undefined || equals(hashOf(this.copy!), stateHash)
    return isRight ? undefined : this.#drop('state-mismatch')
  }

  #drop(fault: NonNullable<CopyFault>): CopyFault {
    this.copy = undefined
    return fault
  }
}

/** Answers for an author from its chain, and notes what was asked. Replace a method to answer otherwise. */
class TestSource implements ChainSource {
  chain: AuthorChain
  readonly calls: string[] = []

  constructor(chain: AuthorChain) {
    this.chain = chain
  }

  async payload(root: Uint8Array): Promise<Uint8Array> {
    this.calls.push('payload')
    const found = this.chain.published.find(({ header }) => equals(header.payload.root, root))
    if (found === undefined) throw new Error('no such payload')
    return found.frame.payload
  }

  async deltas(_incarnation: Uint8Array, from: number, to: number) {
    this.calls.push(`deltas ${from}-${to}`)
    return this.chain.published.slice(from, to + 1).map(({ frame }) => frame)
  }

  async copy() {
    this.calls.push('copy')
    const { frame, copy } = this.chain.newest
    return { header: frame.header, copy: bytesOf(copy) }
  }
}

/** A follower of one author, all of it in memory, on a clock that stands still until it is moved. */
export class FollowerBench {
  readonly initial = new Float32Array(LENGTH).map((_, i) => Math.sin(i))
  readonly chain = this.chainFrom(FIRST_START, this.initial)
  readonly keeper = new TestKeeper(this.initial)
  readonly source = new TestSource(this.chain)
  readonly versions: Version[] = []
  readonly refused: RefusalReason[] = []
  readonly proofs: (readonly Uint8Array[])[] = []
  readonly failures: string[] = []
  now = 0
  readonly #minRoundMs: number
  follower: ChainFollower

  constructor({ minRoundMs = 0 } = {}) {
    this.#minRoundMs = minRoundMs
    this.follower = this.#createFollower()
  }

  /** The link ended and stands again: another follower, with the same keeper. */
  reopen(): void {
    this.follower.close()
    this.follower = this.#createFollower()
  }

  #createFollower(): ChainFollower {
    const minRoundMs = this.#minRoundMs
    return new ChainFollower({
      author: 'author',
      authorBytes,
      rules: { run, codec: 'int4', parameterCount: LENGTH, initialHash: hashOf(this.initial), minRoundMs },
      keeper: this.keeper,
      source: this.source,
      clock: { now: () => this.now, wallNow: () => 0, after: () => () => {} },
      onVersion: (version) => this.versions.push(version),
      onRefused: (reason, proof) => {
        this.refused.push(reason)
        if (proof !== undefined) this.proofs.push(proof)
      },
      onFetchFailed: (error) => void this.failures.push(error.message)
    })
  }

  /** Another process start of the same author. */
  chainFrom(incarnation: Uint8Array, start: Float32Array): AuthorChain {
    return new AuthorChain({ key, incarnation, start, seed: incarnation[0]! })
  }

  /** Sequence numbers that became ready to mix, in order. */
  get heard(): number[] {
    return this.versions.map(({ header }) => header.seq)
  }

  /** Delivers frames one by one, each after the work on the one before. */
  async deliver(...frames: readonly { readonly header: Uint8Array; readonly payload?: Uint8Array }[]): Promise<void> {
    for (const frame of frames) {
      this.follower.receive(frame, this.now)
      await this.settled()
    }
  }

  /** Everything here is in memory: what is left to do is done before the event loop turns twice. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}
