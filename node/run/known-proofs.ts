import { parseEquivocationProof } from '../../protocols/topics/index.ts'
import { readRecords } from '../history/index.ts'

/** Authors whose proof is passed on: in an open run keys that contradict themselves can be made at will. */
const MAX_AUTHORS = 64

/**
 * Proofs of equivocation in one run, one for each author: kept in the home, so that a restart forgets nobody, and passed
 * on now and then, so that who joins later hears of them too.
 */
export class KnownProofs {
  readonly #proofs = new Map<string, Uint8Array>()
  #next = 0

  /** True when it is the first of its author. */
  add(author: Uint8Array, proof: Uint8Array): boolean {
    const name = Buffer.from(author).toString('base64')
    if (this.#proofs.has(name) || this.#proofs.size >= MAX_AUTHORS) return false
    this.#proofs.set(name, proof)
    return true
  }

  /** Takes what an earlier start kept in the home; answers with the authors. What is damaged is left out. */
  async load(dir: string, run: string): Promise<Uint8Array[]> {
    const authors: Uint8Array[] = []
    for await (const { kind, bytes } of readRecords(dir, run)) {
      if (kind !== 'equivocation') continue
      const proof = new Uint8Array(Buffer.from(bytes, 'base64'))
      const author = (await parseEquivocationProof(proof).catch(() => undefined))?.author
      if (author !== undefined && this.add(author, proof)) authors.push(author)
    }
    return authors
  }

  /** The proof to pass on next, each in turn; undefined while there is none. */
  next(): Uint8Array | undefined {
    const all = [...this.#proofs.values()]
    return all.length === 0 ? undefined : all[this.#next++ % all.length]
  }
}
