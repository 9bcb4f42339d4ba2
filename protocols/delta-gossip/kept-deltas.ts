import { equals } from 'uint8arrays/equals'
import type { SignedDeltaHeader } from '../envelope/index.ts'
import type { DeltaFrame } from './chain-follower.ts'

/** Deltas of a neighbour that are kept for others that follow it: as many as a gap that is filled one by one. */
const MAX_KEPT = 8

/** … within this memory: of a larger model neighbours give the copy instead, which costs about as much as four deltas. */
const MAX_KEPT_BYTES = 512 * 1024

/** The newest deltas of an author that were verified here, for who missed them when the author is gone. */
export class KeptDeltas {
  #kept: { readonly signed: SignedDeltaHeader; readonly payload: Uint8Array }[] = []
  #bytes = 0

  /** Takes a copy of the payload: its buffer goes on to the worker. Call before that. */
  add(signed: SignedDeltaHeader, payload: Uint8Array): void {
    if (payload.byteLength > MAX_KEPT_BYTES / MAX_KEPT) return
    this.#kept.push({ signed, payload: payload.slice() })
    this.#bytes += payload.byteLength
    while (this.#kept.length > MAX_KEPT || this.#bytes > MAX_KEPT_BYTES) {
      this.#bytes -= this.#kept.shift()!.payload.byteLength
    }
  }

  clear(): void {
    this.#kept = []
    this.#bytes = 0
  }

  /** Deltas `from` to `to` (inclusive) of one start, oldest first. */
  range(incarnation: Uint8Array, from: number, to: number): Required<DeltaFrame>[] {
    return this.#kept
      .filter(
        ({ signed: { header } }) => header.seq >= from && header.seq <= to && equals(header.incarnation, incarnation)
      )
      .map(({ signed, payload }) => ({ header: signed.bytes, payload }))
  }

  payload(root: Uint8Array): Uint8Array | undefined {
    return this.#kept.find(({ signed }) => equals(signed.header.payload.root, root))?.payload
  }
}
