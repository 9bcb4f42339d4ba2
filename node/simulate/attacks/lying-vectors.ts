import { Averager, type AveragingRules } from '../../../protocols/averaging/index.ts'
import type { CopyFault, ExpectedCopy } from '../../../protocols/delta-gossip/index.ts'
import type { Metrics } from '../../training/index.ts'
import {
  type AveragedCopies,
  type HeldCopy,
  hashOf,
  type LocalVectors,
  type RollBackTarget,
  type RoundOptions,
  type RoundOutcome,
  type Start,
  type Vectors,
  type VersionTerm
} from '../../vectors/index.ts'
import type { Attacker } from '../attack.ts'
import { type FlockView, parametersOf, viewFlock } from './flock-view.ts'

/** The model that an attacker wants its neighbours to take for its own, shape [n]. */
export type Lie = (view: FlockView, attacker: Pick<Attacker, 'random' | 'initial'>) => Float32Array

/** Past this a payload would be refused at sight (`LARGEST_PARAMETER` is 1e6): a lie that is to be heard stays below. */
const LARGEST_LIE = 1e5

/**
 * Vectors of a peer with two faces: inside, an honest peer that trains and mixes as everybody does, so that it knows what it
 * would have said; outside, a chain of deltas towards whatever the lie wants, closing rounds included. That chain is as
 * verifiable as any: what is wrong with it is what it says.
 */
export class LyingVectors implements Vectors {
  readonly #own: LocalVectors
  readonly #attacker: Attacker
  readonly #lie: Lie
  /** Publishes towards the lie: of an averager only what makes deltas is used. */
  readonly #mouth: Averager
  readonly #neighbours = new Set<string>()
  #before: FlockView | undefined
  #seq = -1

  constructor(own: LocalVectors, attacker: Attacker, lie: Lie) {
    this.#own = own
    this.#attacker = attacker
    this.#lie = lie
    const { rules, initial, random } = attacker
    const untouched: AveragingRules = { ...rules, mu: 0, rule: 'mean', b: 0 }
    this.#mouth = new Averager({ rules: untouched, parameters: initial.slice(), random: random.fork('lie') })
  }

  async start(start: Start): Promise<Uint8Array> {
    const hash = await this.#own.start(start)
    this.#mouth.startFrom(parametersOf((await this.#own.ownCopy()).copy))
    this.#seq = -1
    return hash
  }

  async round(options: RoundOptions): Promise<RoundOutcome> {
    const outcome = await this.#own.round(options)
    if (outcome.type === 'diverged') return outcome
    const own = parametersOf((await this.#own.ownCopy()).copy)
    const view = await viewFlock(this.#attacker, {
      own,
      said: this.#mouth.copy,
      neighbours: this.#neighbours,
      before: this.#before
    })
    this.#before = view
    const lie = this.#lie(view, this.#attacker).map(bounded)
    const delta = this.#mouth.publish(lie, { driftWeight: 1, withMomentum: false })!
    this.#seq = outcome.seq
    return { ...outcome, payload: delta.payload, norm: delta.norm, stateHash: hashOf(this.#mouth.copy) }
  }

  async ownCopy(): Promise<{ seq: number; copy: Uint8Array }> {
    return { seq: this.#seq, copy: new Uint8Array(this.#mouth.copy.slice().buffer) }
  }

  mix(terms: readonly VersionTerm[]): Promise<void> {
    return this.#own.mix(terms)
  }

  rollBack(to: RollBackTarget): Promise<void> {
    return this.#own.rollBack(to)
  }

  absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    return this.#own.absorb(author, payload, expected)
  }

  adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    this.#neighbours.add(author)
    return this.#own.adopt(author, copy, expected)
  }

  adoptInitial(author: string): Promise<void> {
    this.#neighbours.add(author)
    return this.#own.adoptInitial(author)
  }

  forget(author: string): Promise<void> {
    this.#neighbours.delete(author)
    return this.#own.forget(author)
  }

  recall(author: string): Promise<ExpectedCopy['version'] | undefined> {
    this.#neighbours.add(author)
    return this.#own.recall(author)
  }

  heldCopy(author: string): Promise<HeldCopy | undefined> {
    return this.#own.heldCopy(author)
  }

  average(self: Parameters<Vectors['average']>[0]): Promise<AveragedCopies> {
    return this.#own.average(self)
  }

  evaluate(weights?: Float32Array): Promise<Metrics> {
    return this.#own.evaluate(weights)
  }

  close(): Promise<void> {
    return this.#own.close()
  }
}

function bounded(x: number): number {
  return Number.isNaN(x) ? 0 : Math.max(-LARGEST_LIE, Math.min(LARGEST_LIE, x))
}
