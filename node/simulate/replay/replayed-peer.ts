import { equals } from 'uint8arrays/equals'
import { payloadRoot } from '../../../protocols/delta-gossip/index.ts'
import { parseDeltaHeader } from '../../../protocols/envelope/index.ts'
import type { LineOf, RecordedLine } from '../../recording/index.ts'
import type { RoundOutcome, Vectors } from '../../vectors/index.ts'
import { ReplayMismatchError } from './errors.ts'
import type { Published } from './published.ts'

export interface ReplayedPeerInit {
  /** As the run numbered it. */
  readonly name: string
  readonly lines: readonly RecordedLine[]
  readonly published: Published
  readonly createVectors: (opened: LineOf<'opened'>) => Promise<Vectors>
}

/** How much was compared, and found equal. */
export interface Compared {
  /** Own deltas: payload, and public copy before and after it. */
  deltas: number
  /** Neighbours' copies, after a delta was added or the copy fetched. */
  heldCopies: number
}

/** A call that needs what its author has published. */
type Arrival = LineOf<'absorb'> | LineOf<'adopt'>

/** One peer of a recorded run: does again what it did then, whenever its neighbours have come as far. */
export class ReplayedPeer {
  readonly compared: Compared = { deltas: 0, heldCopies: 0 }
  readonly #init: ReplayedPeerInit
  #next = 0
  #opened: LineOf<'opened'> | undefined
  #vectors: Vectors | undefined
  /** SHA-256 of the own public copy before the next delta. */
  #base: Uint8Array = new Uint8Array()
  #outcome: RoundOutcome | undefined

  constructor(init: ReplayedPeerInit) {
    this.#init = init
  }

  get name(): string {
    return this.#init.name
  }

  get isDone(): boolean {
    return this.#next === this.#init.lines.length
  }

  /** What it waits for when it cannot go on. */
  get awaited(): string {
    const line = this.#init.lines[this.#next]
    return line?.type === 'absorb' || line?.type === 'adopt' ? `delta ${line.version.seq} of ${line.author}` : 'nothing'
  }

  /** Goes on as far as it can. False where it could not at all. Throws ReplayMismatchError, ReplayEngineError. */
  async advance(): Promise<boolean> {
    const from = this.#next
    for (let line = this.#line(); line !== undefined && this.#isReady(line); line = this.#line()) {
      await this.#repeat(line)
      this.#next += 1
    }
    return this.#next > from
  }

  async close(): Promise<void> {
    await this.#vectors?.close()
  }

  #line(): RecordedLine | undefined {
    return this.#init.lines[this.#next]
  }

  #isReady(line: RecordedLine): boolean {
    if (line.type !== 'absorb' && line.type !== 'adopt') return true
    return this.#init.published.get(line.author, line.version) !== undefined
  }

  async #repeat(line: RecordedLine): Promise<void> {
    if (line.type === 'opened') return this.#open(line)
    const vectors = this.#vectors
    if (vectors === undefined) throw this.#mismatch('the recording does not begin with who the peer is')
    if (line.type === 'start') this.#base = await vectors.start(line.start)
    else if (line.type === 'round') await this.#playRound(vectors, line)
    else if (line.type === 'delta') await this.#compareDelta(vectors, line.header)
    else if (line.type === 'mix') await vectors.mix(line.terms)
    else if (line.type === 'rollBack') await vectors.rollBack(line.to)
    else if (line.type === 'adoptInitial') await vectors.adoptInitial(line.author)
    else if (line.type === 'forget') await vectors.forget(line.author)
    else if (line.type === 'recall') await vectors.recall(line.author)
    else await this.#take(vectors, line)
  }

  /** A process start. Whatever an earlier one had in memory is gone. */
  async #open(line: LineOf<'opened'>): Promise<void> {
    await this.#vectors?.close()
    this.#opened = line
    this.#vectors = await this.#init.createVectors(line)
  }

  async #playRound(vectors: Vectors, { type: _, outcome, ...options }: LineOf<'round'>): Promise<void> {
    this.#outcome = await vectors.round(options)
    if (this.#outcome.type !== outcome) throw this.#mismatch(`a round ${this.#outcome.type}, then it had ${outcome}`)
  }

  /** What the last round published against what the peer signed then. */
  async #compareDelta(vectors: Vectors, bytes: Uint8Array): Promise<void> {
    const { header } = await parseDeltaHeader(bytes)
    const outcome = this.#outcome
    if (outcome?.type !== 'published') throw this.#mismatch(`delta ${header.seq} was signed, but no round published it`)
    const { seq, payload, stateHash, norm } = outcome
    const root = (await payloadRoot(payload)).bytes
    const pairs: readonly [what: string, isEqual: boolean][] = [
      ['its number', seq === header.seq],
      ['the copy before it', equals(this.#base, header.base)],
      ['its payload', equals(root, header.payload.root)],
      ['its norm', norm === header.norm],
      ['the copy after it', equals(stateHash, header.stateHash)]
    ]
    const differing = pairs.find(([, isEqual]) => !isEqual)
    if (differing !== undefined) {
      throw this.#mismatch(`delta ${header.seq} (round ${header.round}, ${header.phase}): ${differing[0]} differs`)
    }
    this.#base = stateHash
    this.compared.deltas += 1
    await this.#publish(vectors, header, payload)
  }

  async #publish(vectors: Vectors, header: Parameters<Published['add']>[1]['header'], payload: Uint8Array) {
    const { published } = this.#init
    const author = this.#opened!.peer
    const copy = published.isFetched(author, header) ? { copy: (await vectors.ownCopy()).copy } : {}
    published.add(author, { header, payload, ...copy })
  }

  /** Every copy that is held must be its author's, whether or not the peer itself looked at the hash then. */
  async #take(vectors: Vectors, { type, author, version, fault }: Arrival): Promise<void> {
    const { header, payload, copy } = this.#init.published.get(author, version)!
    const { norm, stateHash } = header
    const found =
      type === 'absorb'
        ? await vectors.absorb(author, payload.slice(), { version, norm, stateHash })
        : await vectors.adopt(author, copy!.slice(), { version, stateHash })
    if (found !== fault) {
      throw this.#mismatch(`the copy of ${author} at delta ${version.seq}: ${found ?? 'fine'}, then ${fault ?? 'fine'}`)
    }
    if (fault === undefined) this.compared.heldCopies += 1
  }

  #mismatch(what: string): ReplayMismatchError {
    return new ReplayMismatchError(`peer ${this.#init.name}, line ${this.#next + 1} of its calls: ${what}`)
  }
}
