import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import { MAX_CUT, type RunManifest, recordHash, type SignedDeltaHeader } from '../../../protocols/envelope/index.ts'
import { peerText } from '../../../protocols/links/index.ts'
import { hashOf } from '../../vectors/index.ts'
import { maxSealedMembers } from './sealed-members.ts'

/** Members that are remembered; in an open run names can be made up faster than members close. */
const MAX_KNOWN = 2 * MAX_CUT

/** A member that trains no more: its last delta, and its copy once it is here. */
export interface ClosedMember {
  /** Peer id, text form. */
  readonly id: string
  readonly signed: SignedDeltaHeader
  /** The copy that the header signs, little-endian float32. */
  readonly copy?: Uint8Array
}

/**
 * Who has closed a run, by what each signed: the header of its last delta, with phase `done`. A member that started anew
 * and closed again counts by its newest start.
 */
export class ClosedMembers {
  readonly #run: Uint8Array
  readonly #parameterCount: number
  readonly #known = new Map<string, ClosedMember>()

  constructor(run: Uint8Array, { parameterCount }: Pick<RunManifest, 'parameterCount'>) {
    this.#run = run
    this.#parameterCount = parameterCount
  }

  /** True when it is news. */
  add(signed: SignedDeltaHeader): boolean {
    const { header } = signed
    const isLast = header.phase === 'done' && equals(header.run, this.#run) && header.length === this.#parameterCount
    const id = peerText(header.author)
    const known = this.#known.get(id)?.signed.header
    if (!isLast || (known !== undefined && compare(header.incarnation, known.incarnation) <= 0)) return false
    if (known === undefined && this.#known.size >= MAX_KNOWN) return false
    this.#known.set(id, { id, signed })
    return true
  }

  /** True when it is the copy that the member signed. Takes the copy over. */
  hold(id: string, copy: Uint8Array): boolean {
    const member = this.#known.get(id)
    if (member === undefined || copy.byteLength !== 4 * this.#parameterCount) return false
    const floats = new Float32Array(new Uint8Array(copy).buffer)
    if (!equals(hashOf(floats), member.signed.header.stateHash)) return false
    this.#known.set(id, { ...member, copy })
    return true
  }

  get missing(): ClosedMember[] {
    return [...this.#known.values()].filter(({ copy }) => copy === undefined)
  }

  /** Those whose copy is here, in the order of author bytes; of more than a checkpoint takes, the same ones everywhere. */
  get held(): Required<ClosedMember>[] {
    const held = [...this.#known.values()].filter(
      (member): member is Required<ClosedMember> => member.copy !== undefined
    )
    const most = maxSealedMembers(this.#parameterCount)
    return (held.length <= most ? held : held.sort(byHash).slice(0, most)).sort(byAuthor)
  }

  of(id: string): ClosedMember | undefined {
    return this.#known.get(id)
  }
}

function byAuthor(a: ClosedMember, b: ClosedMember): number {
  return compare(a.signed.header.author, b.signed.header.author)
}

/** Not by author bytes, which a peer may choose: the run decides too. */
function byHash({ signed: { header: a } }: ClosedMember, { signed: { header: b } }: ClosedMember): number {
  return compare(recordHash(Buffer.concat([a.run, a.author])), recordHash(Buffer.concat([b.run, b.author])))
}
