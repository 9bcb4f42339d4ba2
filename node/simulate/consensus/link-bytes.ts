import { type Codec, payloadBytes } from '../../../protocols/averaging/index.ts'
import { type Mixing, sendersTo } from '../topologies/index.ts'

const COPY_BYTES_PER_PARAMETER = 4

/**
 * Counts what peers receive over links, without headers: one payload a link and round. Whoever hears a peer that it did
 * not hear the round before fetches that peer's whole public copy, as real peers do on a new link. In the first round a
 * payload will do: all copies begin at the run's initial weights, which everybody has.
 */
export class LinkBytes {
  readonly #payload: number
  readonly #copy: number
  /** Bytes so far, shape [peers]. */
  readonly received: Float64Array
  /** Beside each sender the last receiver, counted from 1, that heard it in the round before. */
  readonly #heardBefore: Uint32Array
  #previous: Mixing | undefined

  constructor(peers: number, dimension: number, codec: Codec) {
    this.#payload = payloadBytes(codec, dimension)
    this.#copy = COPY_BYTES_PER_PARAMETER * dimension
    this.received = new Float64Array(peers)
    this.#heardBefore = new Uint32Array(peers)
  }

  count(mixing: Mixing): void {
    this.#heardBefore.fill(0)
    for (let receiver = 0; receiver < this.received.length; receiver++) {
      const row = sendersTo(mixing, receiver)
      const kept = this.#keptOf(row, receiver, mixing)
      this.received[receiver]! += kept * this.#payload + (row.length - kept) * this.#copy
    }
    this.#previous = mixing
  }

  /** How many of the senders in `row` the receiver can follow by a payload. */
  #keptOf(row: Uint32Array, receiver: number, mixing: Mixing): number {
    if (this.#previous === undefined || this.#previous === mixing) return row.length
    const mark = receiver + 1
    for (const sender of sendersTo(this.#previous, receiver)) this.#heardBefore[sender] = mark
    return row.reduce((kept, sender) => kept + (this.#heardBefore[sender] === mark ? 1 : 0), 0)
  }
}
