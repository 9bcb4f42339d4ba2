import { EventLog } from '../run/event-log.ts'
import type { Vectors } from '../vectors/index.ts'
import { type LineOf, type RecordedLine, toJson } from './recorded-line.ts'
import { RecordedVectors } from './recorded-vectors.ts'

export interface RecorderInit {
  /** File to append to. */
  readonly path: string
  /** The peer's, which decides its order of rows and its rounding. */
  readonly seed: number
  /** Lines could not be written: they wait, the oldest of very many are lost. */
  readonly onError: (error: Error) => void
}

/** Writes down what changes the vectors of one peer in one run, and the headers that it signs. */
export class Recorder {
  readonly #seed: number
  readonly #log: EventLog

  constructor({ path, seed, onError }: RecorderInit) {
    this.#seed = seed
    this.#log = new EventLog(path, { onError })
  }

  /** The same vectors, with every call that changes them on record. `peer` is whose they are. */
  follow(vectors: Vectors, peer: Omit<LineOf<'opened'>, 'type' | 'seed'>): Vectors {
    this.#write({ type: 'opened', ...peer, seed: this.#seed })
    return new RecordedVectors(vectors, (line) => this.#write(line))
  }

  /** The peer has signed a delta. `header`: the sealed record. */
  signed(header: Uint8Array): void {
    this.#write({ type: 'delta', header })
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  #write(line: RecordedLine): void {
    this.#log.append(toJson(line))
  }
}
