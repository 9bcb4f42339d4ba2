/** Which part of a checkpoint is wrong. Parts of one author name it. */
export type FaultyPart = 'checkpoint' | 'model' | 'run manifest' | 'proof' | 'weights' | 'header' | 'copy' | 'cut'

export interface VerifyFault {
  readonly part: FaultyPart
  /** Peer id of the author whose part is wrong. */
  readonly author?: string
  /** The block or file. */
  readonly cid?: string
  /** First byte of the file that differs, where all of it could be read. */
  readonly byte?: number
  readonly reason: string
}

/** One author's version in the cut. */
export interface VerifiedAuthor {
  readonly author: string
  /** Start of the process that signed, milliseconds since 1970 on its clock. */
  readonly startedAt: number
  readonly seq: number
  /** L2 distance of its copy to the coordinate-wise median of all copies; absent while a copy is missing. */
  readonly distance?: number
}

/** Who signed the checkpoint as its own derivation, as far as this home has heard. */
export interface VerifiedSeal {
  readonly author: string
  readonly createdAt: number
  readonly n?: number
  readonly loss?: number
  readonly accuracy?: number
  readonly rmse?: number
}

export interface VerifyReport {
  readonly v: 1
  readonly checkpoint: string
  /**
   * `derived`: the weights are what the run's rule makes of these signed copies, bit for bit. `wrong`: something is not
   * what it must be. `unproven`: nothing is known to be wrong, but there are no copies to derive it from.
   */
  readonly verdict: 'derived' | 'wrong' | 'unproven'
  readonly isSealed?: boolean
  readonly run?: string
  readonly round?: number
  readonly rule?: 'mean' | 'median'
  readonly parameters?: number
  readonly weights?: string
  readonly authors: readonly VerifiedAuthor[]
  readonly faults: readonly VerifyFault[]
  readonly seals: readonly VerifiedSeal[]
}
