import type { MixTerm } from '../../protocols/averaging/index.ts'
import type { CopyKeeper, ExpectedCopy, SignedVersion } from '../../protocols/delta-gossip/index.ts'
import type { Metrics } from '../training/index.ts'

/** What a peer starts its chain from: everybody's initial weights, its own saved copy, or its neighbours' mean. */
export type Start =
  | { readonly from: 'initial' }
  | { readonly from: 'copy'; readonly copy: Uint8Array }
  | { readonly from: 'neighbours' }

/** The mean of the neighbours' copies (the own copy where there are none), or everybody's initial weights. */
export type RollBackTarget = 'neighbours' | 'initial'

export interface RoundOptions {
  /** Local steps H; 0 in the closing phase: neither drift nor momentum. */
  readonly steps: number
  /** Factor on the run's learning rate: halved after every roll-back. */
  readonly learningRateFactor: number
  readonly driftWeight: number
  readonly withMomentum: boolean
}

export type RoundOutcome =
  | { readonly type: 'diverged' }
  | {
      readonly type: 'published'
      /** Own deltas since the start, this one included, minus 1: the sequence number. */
      readonly seq: number
      readonly trainMs: number
      /** Mean training loss; absent when no step was taken. */
      readonly loss?: number
      readonly payload: Uint8Array
      readonly norm: number
      /** SHA-256 of the own public copy after this delta. */
      readonly stateHash: Uint8Array
    }

/** One neighbour's version in a mix. */
export interface VersionTerm extends Omit<MixTerm, 'newerDeltas'> {
  /** Sequence number of the version: deltas that were absorbed after it are left out. */
  readonly seq: number
}

export interface HeldCopy {
  readonly version: ExpectedCopy['version']
  /** Little-endian float32. */
  readonly copy: Uint8Array
}

export interface AveragedCopies {
  /** Shape [n]: what `rule` makes of the public copies in `cut`, in author-byte order. */
  readonly weights: Float32Array
  /** The median in a robust run. */
  readonly rule: 'mean' | 'median'
  /** The own version (author `undefined`) and each neighbour's. */
  readonly cut: readonly { readonly author: string; readonly version: ExpectedCopy['version'] }[]
  /** For a proof, in the order of `cut`: what each author signed, and the copy whose hash is in it. */
  readonly proven?: readonly ProvenVersion[]
}

/** A copy with the header that signs it. */
export interface ProvenVersion {
  /** Sealed delta header. */
  readonly header: Uint8Array
  /** Little-endian float32, 4 bytes a parameter. */
  readonly copy: Uint8Array
}

/** Under which name the own copy goes into an average. */
export interface SelfInCut {
  readonly author: string
  readonly delta: Uint8Array
  readonly incarnation: Uint8Array
  /** Asks for a proof: only copies whose hash their authors signed are averaged then, and come along. */
  readonly signed?: SignedVersion
}

/**
 * Everything that is as long as the model, behind one asynchronous interface: the main thread sees bytes, hashes and
 * counts. A peer puts it into a worker thread (`startVectorWorker`), the tests use it directly (`LocalVectors`).
 *
 * Calls are served in order, except that copies may be absorbed between the local steps of a round.
 */
export interface Vectors extends CopyKeeper {
  /** Starts a chain. Returns the hash of the copy that it starts from: the `base` of delta 0. */
  start(start: Start): Promise<Uint8Array>
  /** H local steps, then one delta. */
  round(options: RoundOptions): Promise<RoundOutcome>
  mix(terms: readonly VersionTerm[]): Promise<void>
  /** Starts anew, without momentum. */
  rollBack(to: RollBackTarget): Promise<void>
  /** Mixes, averages and follows that neighbour no more. The copies of the last few are set aside for `recall`. */
  forget(author: string): Promise<void>
  /** The own public copy, little-endian float32, and the sequence number that it stands at (-1 before delta 0). */
  ownCopy(): Promise<{ readonly seq: number; readonly copy: Uint8Array }>
  /** A copy of the public copy that is held of a neighbour, with its version; undefined when none is. */
  heldCopy(author: string): Promise<HeldCopy | undefined>
  /** Mean of the public copies of the neighbours that are held, and the own one under `self`. */
  average(self: SelfInCut): Promise<AveragedCopies>
  /** Loss and accuracy, or root mean squared error, on the held-out rows: of the own model, or of `weights` (shape [n]). */
  evaluate(weights?: Float32Array): Promise<Metrics>
  close(): Promise<void>
}
