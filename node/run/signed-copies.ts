import { equals } from 'uint8arrays/equals'
import { peerText } from '../../protocols/links/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import type { Participant } from '../participant/index.ts'
import type { Vectors } from '../vectors/index.ts'

export interface SignedCopiesInit {
  /** Peer id, multihash bytes. */
  readonly self: Uint8Array
  readonly vectors: Pick<Vectors, 'ownCopy' | 'heldCopy'>
  /** Undefined before the participant is there. */
  readonly live: () => Participant | undefined
}

/** The public copies that a trainer can give to others, its own and those that it holds, each with the header that signs it. */
export class SignedCopies {
  readonly #init: SignedCopiesInit

  constructor(init: SignedCopiesInit) {
    this.#init = init
  }

  /** The newest own version, as a handshake tells it; null before the first. */
  get head(): { readonly incarnation: Uint8Array; readonly seq: number } | null {
    const chain = this.#init.live()?.chain
    return chain === undefined || chain.seq < 0 ? null : { incarnation: chain.incarnation, seq: chain.seq }
  }

  /** Undefined before the first delta, and for authors that are not followed. */
  of(author: Uint8Array): Promise<SignedCopy | undefined> {
    return equals(author, this.#init.self) ? this.own() : this.#held(peerText(author))
  }

  async own(): Promise<SignedCopy | undefined> {
    const chain = this.#init.live()?.chain
    if (chain === undefined || chain.seq < 0) return undefined
    const { seq, copy } = await this.#init.vectors.ownCopy()
    const header = await chain.header(seq)
    return header === undefined ? undefined : { header, copy }
  }

  /** A delta that is absorbed meanwhile makes it another version than its header's: none then. */
  async #held(author: string): Promise<SignedCopy | undefined> {
    const held = await this.#init.vectors.heldCopy(author)
    const version = this.#init.live()?.versionOf(author)
    if (held === undefined || version === undefined || !equals(held.version.delta, version.delta)) return undefined
    return { header: version.sealed, copy: held.copy }
  }
}
