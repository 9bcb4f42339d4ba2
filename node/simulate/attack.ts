import type { AveragingRules, Random } from '../../protocols/averaging/index.ts'
import type { DeltaFrame } from '../../protocols/delta-gossip/index.ts'
import type { Trainer } from '../training/index.ts'
import type { LocalVectors, Rows, Vectors } from '../vectors/index.ts'
import type { Member } from './member.ts'
import type { Station } from './simulated-network.ts'

/** Who an attacker is, and whom it sees: everybody who is there, itself included. */
export interface Attacker {
  readonly owner: number
  readonly everybody: () => readonly Member[]
  readonly rules: AveragingRules
  /** The run's initial weights, shape [n]. */
  readonly initial: Float32Array
  /** Classes of the labels; `undefined` where a number is predicted. */
  readonly classes: number | undefined
  readonly random: Random
}

/**
 * What some peers do instead of taking part honestly. Each hook replaces one thing and leaves the rest of the peer as it is:
 * its chain stays one that every neighbour can verify, unless `interference` breaks it on the way.
 */
export interface Attack {
  /** Whose peers attack; nobody measures their models. */
  readonly owners: ReadonlySet<number>
  /** Rows to train on, for instance with other labels. */
  readonly rows?: (own: Rows, attacker: Attacker) => Rows
  /** What local training leads to: a trainer around the honest one, which takes no virtual time of its own. */
  readonly trainer?: (own: Trainer, attacker: Attacker) => Trainer
  /** All vectors, above all what `round` publishes. */
  readonly vectors?: (own: LocalVectors, attacker: Attacker) => Vectors
  /** What a neighbour receives instead of an attacker's frame. */
  readonly interference?: (from: Member, to: Station, frame: DeltaFrame) => Promise<DeltaFrame>
}
