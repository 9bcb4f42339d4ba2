import { asyncIterableReader, createDecoder } from '@ipld/car/decoder'
import * as dagCbor from '@ipld/dag-cbor'
import type { BlockDecoder } from 'multiformats'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { BlockNotFoundError, matches, type ReadBlock } from './block-reader.ts'
import type { PeerBlockstore } from './blocks.ts'
import { type DagReader, decodeLinks } from './dag.ts'

/** Block of 2 MiB, the largest that peers exchange, with its CID; also more than any honest header. */
const MAX_PART_BYTES = 2 * 1024 * 1024 + 256

/** Bytes that are no CAR archive, or the beginning of one. */
export class InvalidCarError extends Error {
  override readonly name = 'InvalidCarError'
  readonly code = 'ERR_INVALID_CAR'

  constructor(cause: unknown) {
    super(`this is no whole CAR archive (${(cause as Error).message}): get it again from where it came from`, { cause })
  }
}

/** A block in an archive is not what its CID says. */
export class DamagedCarError extends Error {
  override readonly name = 'DamagedCarError'
  readonly code = 'ERR_DAMAGED_CAR'

  constructor(cid: CID) {
    super(`block ${cid} in the CAR archive is not what its CID says: get the archive again from where it came from`)
  }
}

/** An archive and the home together lack a block of what the archive's root leads to. */
export class IncompleteCarError extends Error {
  override readonly name = 'IncompleteCarError'
  readonly code = 'ERR_INCOMPLETE_CAR'

  constructor(root: CID, missing: CID) {
    super(`block ${missing} of root ${root} is missing in the CAR archive: export it again, with all that it links to`)
  }
}

export interface ImportedCar {
  /** Each is here with all that it leads to, but not kept yet: the next sweep may take it after ten minutes. */
  readonly roots: readonly CID[]
  readonly blocks: number
  /** Of the blocks, without the archive's own. */
  readonly bytes: number
}

export interface CarComponents {
  readonly blockstore: PeerBlockstore
  readonly dag: DagReader
  readonly read: ReadBlock
  loadCodec(code: number): BlockDecoder<number, unknown> | Promise<BlockDecoder<number, unknown>>
}

/** Content-addressed archives (https://ipld.io/specs/transport/car/carv1/), one block in memory at a time. */
export class Cars {
  readonly #components: CarComponents

  constructor(components: CarComponents) {
    this.#components = components
  }

  /**
   * An archive of a root and all that it leads to, each block once, parents before children, in the order of links.
   * Throws BlockNotFoundError for what is not here, also when half of it is written.
   */
  async *export(root: CID, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { read, loadCodec } = this.#components
    const seen = new Set<string>()
    const waiting = [root]
    for (let cid = waiting.pop(); cid !== undefined; cid = waiting.pop()) {
      if (seen.has(cid.toString())) continue
      seen.add(cid.toString())
      const { code } = cid
      const bytes = await read(cid, { signal, offline: true })
      // Only when there is a first block: an archive of nothing is never begun.
      if (seen.size === 1) yield* section(dagCbor.encode({ roots: [root], version: 1 }))
      yield* section(cid.bytes, bytes)
      for (const link of (await decodeLinks(cid, bytes, () => loadCodec(code))).toReversed()) waiting.push(link)
    }
  }

  /**
   * Stores the blocks of an archive, each after it was checked, and answers with the roots once all that they lead to is
   * here. Throws InvalidCarError, DamagedCarError, IncompleteCarError, UnsupportedHashError, and what the source throws;
   * what was stored until then goes with a later sweep.
   */
  async import(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ImportedCar> {
    const { blockstore, dag } = this.#components
    const archive = openArchive(source)
    let [blocks, total] = [0, 0]
    const { roots } = await archive.header()
    if (roots.length === 0) throw new InvalidCarError(new Error('it names no root'))
    for await (const { cid, bytes } of archive.blocks()) {
      signal.throwIfAborted()
      if (!(await matches(cid, bytes))) throw new DamagedCarError(cid)
      if (cid.multihash.code !== identity.code) await blockstore.put(cid, bytes, { sync: false })
      blocks++
      total += bytes.byteLength
    }
    for (const root of roots) {
      await dag
        .complete(root, { signal, offline: true, maxBytes: Number.POSITIVE_INFINITY })
        .catch((error: unknown) => {
          throw error instanceof BlockNotFoundError ? new IncompleteCarError(root, error.cid) : error
        })
    }
    return { roots, blocks, bytes: total }
  }
}

function* section(...parts: readonly Uint8Array[]): Generator<Uint8Array> {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0)
  yield varint.encodeTo(length, new Uint8Array(varint.encodingLength(length)))
  yield* parts
}

/** An archive that is read as it comes, in parts of bounded length whatever it claims. */
function openArchive(source: AsyncIterable<Uint8Array>) {
  let sourceError: unknown
  const reader = asyncIterableReader(
    (async function* () {
      try {
        yield* source
      } catch (error) {
        sourceError = error
        throw error
      }
    })()
  )
  const explain = (error: unknown) => {
    throw error === sourceError ? error : new InvalidCarError(error)
  }
  const decoder = createDecoder({
    upTo: (length) => reader.upTo(length),
    exactly: async (length, seek) => {
      if (length > MAX_PART_BYTES) throw new Error(`a part of ${length} bytes, at most ${MAX_PART_BYTES}`)
      return reader.exactly(length, seek)
    },
    seek: (length) => reader.seek(length),
    get pos() {
      return reader.pos
    }
  })
  return {
    header: () => decoder.header().catch(explain),
    async *blocks() {
      const blocks = decoder.blocks()
      for (;;) {
        const next = await blocks.next().catch(explain)
        if (next.done === true) return
        yield next.value
      }
    }
  }
}
