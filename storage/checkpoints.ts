import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { decodeLinks } from './dag.ts'
import { isKeptBy, type KeepDetails, type Keeper, type KeptRoot } from './kept-root.ts'
import type { DeadlineOptions } from './with-deadline.ts'

/** Checkpoints of a run that a peer keeps unless told otherwise (DESIGN 6). */
export const CHECKPOINTS_KEPT = 3

/** A checkpoint manifest does not link to its weights, so keeping it would not keep them. */
export class ManifestLinkMissingError extends Error {
  override readonly name = 'ManifestLinkMissingError'
  readonly code = 'ERR_MANIFEST_LINK_MISSING'

  constructor(weights: CID) {
    super(`the checkpoint manifest does not link to its weights ${weights}: put that CID, as a link, into the manifest`)
  }
}

export interface CheckpointInput {
  /** Run id. */
  readonly run: string
  readonly seq: number
  readonly round: number
  /** Milliseconds since 1970 on this peer's clock. */
  readonly createdAt: number
  /** A safetensors file. */
  readonly weights: Uint8Array
  /** Gives the manifest, a DAG-CBOR block that links to the weights. Other links must be stored already. */
  encode(links: { readonly weights: CID }): Uint8Array | Promise<Uint8Array>
}

export interface CheckpointsComponents {
  putFile(bytes: Uint8Array): Promise<CID>
  putBlock(cid: CID, bytes: Uint8Array): Promise<CID>
  keepNew(store: () => Promise<CID>, details: KeepDetails, options?: DeadlineOptions): Promise<KeptRoot>
  list(): Promise<KeptRoot[]>
  unkeep(root: CID, by: Keeper): Promise<boolean>
}

/** Models of runs at some round, each kept with its manifest, weights, topology and proof. */
export class Checkpoints {
  readonly #components: CheckpointsComponents

  constructor(components: CheckpointsComponents) {
    this.#components = components
  }

  /**
   * Stores and keeps a checkpoint; it is on the disk when this resolves, so it may be announced. Throws
   * ManifestLinkMissingError, InvalidBlockError, BlockWriteError, and what a read throws when a linked block is missing.
   */
  async put(input: CheckpointInput, options: DeadlineOptions = {}): Promise<KeptRoot> {
    const { run, seq, round, createdAt } = input
    const store = async () => {
      const weights = await this.#components.putFile(input.weights)
      const bytes = await input.encode({ weights })
      const cid = CID.createV1(dagCbor.code, await sha256.digest(bytes))
      const links = await decodeLinks(cid, bytes, () => dagCbor)
      if (!links.some((link) => link.equals(weights))) throw new ManifestLinkMissingError(weights)
      return this.#components.putBlock(cid, bytes)
    }
    return this.#components.keepNew(store, { kind: 'checkpoint', by: 'policy', run, seq, round, createdAt }, options)
  }

  /** A run's checkpoints that are kept here, own and fetched ones, newest first. */
  async list(run: string): Promise<KeptRoot[]> {
    const kept = await this.#components.list()
    return kept.filter((root) => root.kind === 'checkpoint' && root.run === run).sort(newestFirst)
  }

  /** A run's newest checkpoint here. */
  async latest(run: string): Promise<KeptRoot | undefined> {
    return (await this.list(run))[0]
  }

  /**
   * The time to keep a run's next checkpoint under: `now`, or just after the newest one here where the clock was set
   * back since. By their order the newest are kept and the others dropped.
   */
  async afterLatest(run: string, now: number): Promise<number> {
    const latest = await this.latest(run)
    return latest === undefined ? now : Math.max(now, latest.createdAt + 1)
  }

  /**
   * Keeps a run's newest checkpoints and drops the others, except those that somebody else keeps. Answers with what was
   * dropped; the next sweep frees the space.
   */
  async keepLast(run: string, count: number = CHECKPOINTS_KEPT): Promise<CID[]> {
    return this.drop((await this.list(run)).slice(count))
  }

  /** As `keepLast`, for checkpoints that the caller chose. */
  async drop(checkpoints: readonly KeptRoot[]): Promise<CID[]> {
    const dropped: CID[] = []
    for (const checkpoint of checkpoints) {
      if (!isKeptBy(checkpoint, 'policy')) continue
      if (await this.#components.unkeep(checkpoint.root, 'policy')) dropped.push(checkpoint.root)
    }
    return dropped
  }
}

function newestFirst(a: KeptRoot, b: KeptRoot): number {
  const byTime = b.createdAt - a.createdAt || (b.round ?? 0) - (a.round ?? 0)
  return byTime || a.root.toString().localeCompare(b.root.toString())
}
