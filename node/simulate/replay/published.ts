import type { DeltaHeader } from '../../../protocols/envelope/index.ts'
import type { LineOf } from '../../recording/index.ts'

export interface PublishedDelta {
  readonly header: DeltaHeader
  readonly payload: Uint8Array
  /** The author's public copy after this delta, little-endian float32. */
  readonly copy?: Uint8Array
}

type Version = LineOf<'absorb'>['version']

/** Everything that the replayed peers have published so far: what their neighbours' calls take their bytes from. */
export class Published {
  readonly #deltas = new Map<string, PublishedDelta>()
  /** Versions whose copy some peer fetched whole. */
  readonly #fetched: ReadonlySet<string>

  constructor(fetched: Iterable<readonly [author: string, version: Version]>) {
    this.#fetched = new Set(Array.from(fetched, ([author, version]) => keyOf(author, version)))
  }

  isFetched(author: string, version: Pick<Version, 'incarnation' | 'seq'>): boolean {
    return this.#fetched.has(keyOf(author, version))
  }

  add(author: string, delta: PublishedDelta): void {
    this.#deltas.set(keyOf(author, delta.header), delta)
  }

  get(author: string, version: Pick<Version, 'incarnation' | 'seq'>): PublishedDelta | undefined {
    return this.#deltas.get(keyOf(author, version))
  }
}

function keyOf(author: string, { incarnation, seq }: Pick<Version, 'incarnation' | 'seq'>): string {
  return `${author} ${Buffer.from(incarnation).toString('hex')} ${seq}`
}
