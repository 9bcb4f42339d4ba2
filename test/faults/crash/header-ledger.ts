import { equals } from 'uint8arrays/equals'
import { InvalidRecordError, parseDeltaHeader, type SignedDeltaHeader } from '../../../protocols/envelope/index.ts'
import { peerText } from '../../../protocols/links/index.ts'

/** Every header that was seen of anybody, on the network or in a store, and what is wrong with them together. */
export class HeaderLedger {
  /** By author and incarnation, then by sequence number. */
  readonly #chains = new Map<string, Map<number, SignedDeltaHeader>>()
  readonly #newest = new Map<string, SignedDeltaHeader>()
  readonly violations: string[] = []
  #count = 0

  /** Headers with different bodies. */
  get count(): number {
    return this.#count
  }

  /** Takes a sealed header, from wherever. Resolves with it; undefined when it is none. */
  async add(bytes: Uint8Array): Promise<SignedDeltaHeader | undefined> {
    try {
      const signed = await parseDeltaHeader(bytes)
      this.#take(signed)
      return signed
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      this.violations.push(`a header that does not verify: ${error.message}`)
      return undefined
    }
  }

  /** The newest header of an author, by start and sequence number. */
  newestOf(author: string): SignedDeltaHeader | undefined {
    return this.#newest.get(author)
  }

  #take(signed: SignedDeltaHeader): void {
    const { author, incarnation, seq } = signed.header
    const name = peerText(author)
    const chain = this.#chains.get(keyOf(signed)) ?? new Map<number, SignedDeltaHeader>()
    this.#chains.set(keyOf(signed), chain)
    const known = chain.get(seq)
    if (known !== undefined) {
      if (!equals(known.hash, signed.hash)) this.violations.push(`${name} used sequence number ${seq} twice in a start`)
      return
    }
    this.#count += 1
    chain.set(seq, signed)
    this.#requireLinked(name, chain.get(seq - 1), signed)
    this.#requireLinked(name, signed, chain.get(seq + 1))
    const newest = this.#newest.get(name)
    if (newest === undefined || ageOf(newest) < ageOf({ header: { ...signed.header, incarnation } })) {
      this.#newest.set(name, signed)
    }
  }

  #requireLinked(name: string, before: SignedDeltaHeader | undefined, after: SignedDeltaHeader | undefined): void {
    if (before === undefined || after === undefined) return
    const { prev, base, seq } = after.header
    if (prev === null || !equals(prev, before.cid.bytes))
      this.violations.push(`${name}: ${seq} names another before it`)
    if (!equals(base, before.header.stateHash)) this.violations.push(`${name}: ${seq} adds to another copy`)
  }
}

function keyOf({ header: { author, incarnation } }: SignedDeltaHeader): string {
  return `${peerText(author)} ${Buffer.from(incarnation).toString('hex')}`
}

/** Sorts by age: a start's time leads its incarnation. */
function ageOf({ header: { incarnation, seq } }: Pick<SignedDeltaHeader, 'header'>): string {
  return `${Buffer.from(incarnation).toString('hex')} ${String(seq).padStart(12, '0')}`
}
