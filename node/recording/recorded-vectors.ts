import type { CopyFault, ExpectedCopy } from '../../protocols/delta-gossip/index.ts'
import type { Metrics } from '../training/index.ts'
import type {
  AveragedCopies,
  HeldCopy,
  RollBackTarget,
  RoundOptions,
  RoundOutcome,
  Start,
  Vectors,
  VersionTerm
} from '../vectors/index.ts'
import type { RecordedLine } from './recorded-line.ts'

/**
 * The vectors of a peer, with a line for each call that changes them. A call is written down when it is answered, and
 * answers come in the order in which the calls took effect: a copy that is absorbed between the local steps of a round
 * stands before that round, whose delta is made after the last step. Calls that only look are not recorded.
 */
export class RecordedVectors implements Vectors {
  readonly #vectors: Vectors
  readonly #record: (line: RecordedLine) => void

  constructor(vectors: Vectors, record: (line: RecordedLine) => void) {
    this.#vectors = vectors
    this.#record = record
  }

  async start(start: Start): Promise<Uint8Array> {
    const base = await this.#vectors.start(start)
    this.#record({ type: 'start', start })
    return base
  }

  async round(options: RoundOptions): Promise<RoundOutcome> {
    const outcome = await this.#vectors.round(options)
    this.#record({ type: 'round', ...options, outcome: outcome.type })
    return outcome
  }

  async mix(terms: readonly VersionTerm[]): Promise<void> {
    await this.#vectors.mix(terms)
    this.#record({ type: 'mix', terms: [...terms] })
  }

  async rollBack(to: RollBackTarget): Promise<void> {
    await this.#vectors.rollBack(to)
    this.#record({ type: 'rollBack', to })
  }

  async absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    const fault = await this.#vectors.absorb(author, payload, expected)
    this.#record({ type: 'absorb', author, version: expected.version, fault })
    return fault
  }

  async adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    const fault = await this.#vectors.adopt(author, copy, expected)
    this.#record({ type: 'adopt', author, version: expected.version, fault })
    return fault
  }

  async adoptInitial(author: string): Promise<void> {
    await this.#vectors.adoptInitial(author)
    this.#record({ type: 'adoptInitial', author })
  }

  async forget(author: string): Promise<void> {
    await this.#vectors.forget(author)
    this.#record({ type: 'forget', author })
  }

  async recall(author: string): Promise<ExpectedCopy['version'] | undefined> {
    const version = await this.#vectors.recall(author)
    this.#record({ type: 'recall', author })
    return version
  }

  ownCopy(): Promise<{ readonly seq: number; readonly copy: Uint8Array }> {
    return this.#vectors.ownCopy()
  }

  heldCopy(author: string): Promise<HeldCopy | undefined> {
    return this.#vectors.heldCopy(author)
  }

  average(self: Parameters<Vectors['average']>[0]): Promise<AveragedCopies> {
    return this.#vectors.average(self)
  }

  evaluate(weights?: Float32Array): Promise<Metrics> {
    return this.#vectors.evaluate(weights)
  }

  close(): Promise<void> {
    return this.#vectors.close()
  }
}
