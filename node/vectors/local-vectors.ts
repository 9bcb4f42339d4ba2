import { createHash } from 'node:crypto'
import { equals } from 'uint8arrays/equals'
import { Averager, type AveragingRules, PayloadError, type Random } from '../../protocols/averaging/index.ts'
import type { CopyFault, ExpectedCopy } from '../../protocols/delta-gossip/index.ts'
import { type Metrics, type Trainer, TrainingDivergedError } from '../training/index.ts'
import type {
  AveragedCopies,
  HeldCopy,
  RollBackTarget,
  RoundOptions,
  RoundOutcome,
  SelfInCut,
  Start,
  Vectors,
  VersionTerm
} from './vectors.ts'

/** The sender's norm and ours come from the same sums in the same order; the slack is for a decimal on the way. */
const NORM_TOLERANCE = 1e-6

/**
 * Copies of neighbours that have parted, which are kept for their return: who was killed is back in seconds, and begins a
 * new chain from the copy that it had. Each is as long as the model.
 */
const MAX_PARTED = 2

/** What a held copy is called, and by whom it is signed. */
type Named = Pick<ExpectedCopy, 'version' | 'signed'>

export interface LocalVectorsInit {
  readonly trainer: Trainer
  readonly rules: AveragingRules
  readonly learningRate: number
  /** Names the order in which rows are drawn. */
  readonly seed: number
  /** The run's initial weights, those that are shared: shape [n]. */
  readonly initial: Float32Array
  /** Decides stochastic rounding. */
  readonly random: Random
}

/** The vectors of one peer in the calling thread: what the worker thread runs, and what tests drive directly. */
export class LocalVectors implements Vectors {
  readonly #init: LocalVectorsInit
  readonly #averager: Averager
  readonly #versions = new Map<string, Named>()
  /** The one that parted last is the last. */
  readonly #parted = new Map<string, Named & Pick<HeldCopy, 'copy'>>()
  /** Scratch for local training, shape [n]. */
  readonly #trained: Float32Array
  #seq = -1

  constructor(init: LocalVectorsInit) {
    const { rules, initial, random } = init
    this.#init = init
    this.#averager = new Averager({ rules, parameters: initial.slice(), random })
    this.#trained = new Float32Array(initial.length)
  }

  /** The peer's own model `phi`, shape [n]. Replaced at every mix: do not hold on to it. */
  get model(): Float32Array {
    return this.#averager.parameters
  }

  async start(start: Start): Promise<Uint8Array> {
    const parameters = this.#startingPoint(start)
    if (parameters.length !== this.#trained.length) {
      throw new RangeError(`the saved copy has ${parameters.length} parameters, the run has ${this.#trained.length}`)
    }
    this.#averager.startFrom(parameters)
    this.#seq = -1
    return hashOf(this.#averager.copy)
  }

  #startingPoint(start: Start): Float32Array {
    if (start.from === 'copy') return floatsOf(start.copy)
    if (start.from === 'initial') return this.#init.initial
    return this.#averager.middleOf(this.#versions.keys()) ?? this.#init.initial
  }

  async round({ steps, learningRateFactor, driftWeight, withMomentum }: RoundOptions): Promise<RoundOutcome> {
    const { trainer, seed } = this.#init
    let trained: Float32Array | null = null
    let report: { ms: number; loss?: number } | undefined = { ms: 0 }
    if (steps > 0) {
      trained = this.#trained
      trained.set(this.#averager.parameters)
      const learningRate = this.#init.learningRate * learningRateFactor
      report = await trainer.train(trained, steps, { learningRate, seed }).catch(undefinedIfDiverged)
      if (report === undefined) return { type: 'diverged' }
    }
    const delta = this.#averager.publish(trained, { driftWeight, withMomentum })
    if (delta === null) return { type: 'diverged' }
    this.#seq += 1
    return {
      type: 'published',
      seq: this.#seq,
      trainMs: report.ms,
      ...(report.loss === undefined ? {} : { loss: report.loss }),
      payload: delta.payload,
      norm: delta.norm,
      stateHash: hashOf(this.#averager.copy)
    }
  }

  async mix(terms: readonly VersionTerm[]): Promise<void> {
    this.#averager.mix(
      terms.map(({ seq, ...term }) => ({
        ...term,
        newerDeltas: Math.max(0, (this.#versions.get(term.author)?.version.seq ?? seq) - seq)
      }))
    )
  }

  async rollBack(to: RollBackTarget): Promise<void> {
    this.#averager.rollBack(to === 'initial' ? this.#init.initial : undefined)
  }

  async absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    if (this.#averager.view(author) === undefined) return 'gap'
    try {
      const norm = this.#averager.absorb(author, payload)
      if (expected.norm !== undefined && Math.abs(norm - expected.norm) > NORM_TOLERANCE * (1 + norm)) {
        return this.#refuse(author, 'state-mismatch')
      }
    } catch (error) {
      if (error instanceof PayloadError) return this.#refuse(author, error.reason)
      throw error
    }
    return this.#accept(author, expected)
  }

  async adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    if (copy.byteLength !== this.#trained.byteLength) return this.#refuse(author, 'wrong-length')
    this.#averager.adopt(author, floatsOf(copy))
    return this.#accept(author, expected)
  }

  async adoptInitial(author: string): Promise<void> {
    this.#averager.adopt(author, this.#init.initial.slice())
  }

  async forget(author: string): Promise<void> {
    const view = this.#averager.view(author)
    const named = this.#versions.get(author)
    this.#averager.forget(author)
    this.#versions.delete(author)
    if (view === undefined || named === undefined) return
    this.#parted.delete(author)
    this.#parted.set(author, { ...named, copy: bytesOf(view) })
    if (this.#parted.size > MAX_PARTED) this.#parted.delete(this.#parted.keys().next().value!)
  }

  async recall(author: string): Promise<ExpectedCopy['version'] | undefined> {
    const parted = this.#parted.get(author)
    this.#parted.delete(author)
    if (parted !== undefined && this.#averager.view(author) === undefined) {
      this.#averager.adopt(author, floatsOf(parted.copy))
      const { copy: _, ...named } = parted
      this.#versions.set(author, named)
    }
    return this.#versions.get(author)?.version
  }

  #accept(author: string, expected: ExpectedCopy): CopyFault {
    const view = this.#averager.view(author)!
    if (expected.stateHash !== undefined && !equals(hashOf(view), expected.stateHash)) {
      return this.#refuse(author, 'state-mismatch')
    }
    const { version, signed } = expected
    this.#versions.set(author, signed === undefined ? { version } : { version, signed })
    return undefined
  }

  #refuse(author: string, fault: NonNullable<CopyFault>): CopyFault {
    this.#averager.forget(author)
    this.#versions.delete(author)
    return fault
  }

  async ownCopy(): Promise<{ seq: number; copy: Uint8Array }> {
    return { seq: this.#seq, copy: bytesOf(this.#averager.copy).slice() }
  }

  async heldCopy(author: string): Promise<HeldCopy | undefined> {
    const view = this.#averager.view(author)
    const version = this.#versions.get(author)?.version
    if (view !== undefined && version !== undefined) return { version, copy: bytesOf(view).slice() }
    return undefined
  }

  async average({ author, delta, incarnation, signed }: SelfInCut): Promise<AveragedCopies> {
    const own = { version: { incarnation, seq: this.#seq, delta }, ...(signed === undefined ? {} : { signed }) }
    const all = [...this.#versions, [author, own] as const].map(([name, { version, signed: word }]) => ({
      author: name,
      version,
      signed: word,
      copy: name === author ? this.#averager.copy : this.#averager.view(name)!
    }))
    const held = signed === undefined ? all : all.filter(isProven)
    held.sort((a, b) => (a.author < b.author ? -1 : 1))
    return {
      weights: this.#averager.combine(held.map(({ copy }) => copy)),
      rule: this.#averager.combination,
      cut: held.map(({ author, version }) => ({ author, version })),
      ...(signed === undefined
        ? {}
        : { proven: held.map(({ signed, copy }) => ({ header: signed!.header, copy: bytesOf(copy).slice() })) })
    }
  }

  evaluate(weights?: Float32Array): Promise<Metrics> {
    return this.#init.trainer.evaluate(weights ?? this.#averager.parameters, 'heldOut')
  }

  close(): Promise<void> {
    return this.#init.trainer.close()
  }
}

/** Hashes of held copies are compared on every eighth delta only: what goes into a proof is compared first. */
function isProven({ signed, copy }: { signed: ExpectedCopy['signed']; copy: Float32Array }): boolean {
  return signed !== undefined && equals(hashOf(copy), signed.stateHash)
}

/** A model that diverges is rolled back by the caller, whether the trainer notices or the averager. */
function undefinedIfDiverged(error: unknown): undefined {
  if (!(error instanceof TrainingDivergedError)) throw error
}

/** The little-endian bytes of a vector, without a copy. Every platform that Node 24 runs on is little-endian. */
function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}

/** The vector in little-endian bytes; a copy only where the bytes do not begin at a multiple of four. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice()
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT)
}

/** SHA-256 of a public copy, as delta headers sign it. */
export function hashOf(vector: Float32Array): Uint8Array {
  return createHash('sha256').update(bytesOf(vector)).digest()
}
