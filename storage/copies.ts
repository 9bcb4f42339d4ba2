import { createHash, type Hash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays/equals'
import type { Home } from './home.ts'
import { INCARNATION_BYTES } from './incarnation.ts'
import { makeFolder, writeFileAtomic } from './write-file-atomic.ts'

const FOLDER = 'copies'
const FORMAT_VERSION = 1
const DIGEST_BYTES = 32
const LENGTH_BYTES = 4
const FLOAT32_BYTES = 4
/** Hashed in one turn: 4 to 8 ms at 0.5 to 1 GB/s, well under the 50 ms that hold up the main thread (DESIGN 2). */
const SLICE_BYTES = 4 * 1024 * 1024

/** A run id that cannot be a file name. */
export class InvalidRunIdError extends Error {
  override readonly name = 'InvalidRunIdError'
  readonly code = 'ERR_INVALID_RUN_ID'

  constructor(run: string) {
    super(`run id ${JSON.stringify(run.slice(0, 100))} must be a CID: 1 to 100 letters and digits`)
  }
}

/** A peer's own public copy at a sequence number. */
export interface SavedCopy {
  /** Shape [16]. */
  readonly incarnation: Uint8Array
  readonly seq: number
  readonly round: number
  /** SHA-256 of the copy, as the peer signed it; shape [32]. */
  readonly stateHash: Uint8Array
  /** Shape [parameters]. */
  readonly copy: Float32Array
}

/** A damaged file is as good as none: the peer's own chain leads to the copy, and neighbours hold theirs. */
export type LoadedCopy =
  | { readonly type: 'found'; readonly saved: SavedCopy }
  | { readonly type: 'none' }
  | { readonly type: 'damaged'; readonly warning: string }

/** A peer's own newest public copy of each run, from which it goes on after a restart. */
export interface Copies {
  /** Replaces the run's copy; the old one stays whole until the new one is on the disk. Throws InvalidRunIdError. */
  save(run: string, saved: SavedCopy): Promise<void>
  /** Throws InvalidRunIdError; never for what the file holds. */
  load(run: string): Promise<LoadedCopy>
  /** Throws InvalidRunIdError. */
  remove(run: string): Promise<void>
}

/**
 * Keeps copies under `copies/` in a home, one file a run: SHA-256 of the rest, length of the header (4 bytes, little
 * endian), header (DAG-CBOR), values (float32 in the machine's byte order: the file never leaves it).
 */
export function createCopies(home: Home): Copies {
  const pathOf = (run: string) => {
    if (!/^[a-z0-9]{1,100}$/i.test(run)) throw new InvalidRunIdError(run)
    return home.path(FOLDER, `${run}.copy`)
  }
  return {
    save: async (run, saved) => {
      const path = pathOf(run)
      await makeFolder(home.path(FOLDER))
      await writeFileAtomic(path, await encode(saved))
    },
    remove: (run) => rm(pathOf(run), { force: true }),
    load: async (run) => {
      const path = pathOf(run)
      let bytes: Uint8Array
      try {
        bytes = await readFile(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { type: 'none' }
        throw error
      }
      const saved = await parseSavedCopy(bytes)
      if (saved !== undefined) return { type: 'found', saved }
      return {
        type: 'damaged',
        warning: `${path} is damaged and was ignored: the own chain, or the neighbours, give another`
      }
    }
  }
}

async function encode({ incarnation, seq, round, stateHash, copy }: SavedCopy): Promise<Uint8Array[]> {
  const header = dagCbor.encode({ v: FORMAT_VERSION, incarnation, seq, round, stateHash, length: copy.length })
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, header.byteLength, true)
  // Taken at once: the worker that owns the copy goes on adding to it while the file is written.
  const values = new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength).slice()
  return [await digestOf([length, header, values]), length, header, values]
}

/** The copy in a file's bytes; undefined when they are damaged. */
export async function parseSavedCopy(bytes: Uint8Array): Promise<SavedCopy | undefined> {
  const rest = bytes.subarray(DIGEST_BYTES)
  if (rest.byteLength < LENGTH_BYTES || !equals(await digestOf([rest]), bytes.subarray(0, DIGEST_BYTES))) return
  const headerBytes = new DataView(rest.buffer, rest.byteOffset).getUint32(0, true)
  const header = decodeHeader(rest.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes))
  const values = new Uint8Array(rest.subarray(LENGTH_BYTES + headerBytes)) // a copy: float32 values need alignment
  if (header === undefined || values.byteLength !== header.length * FLOAT32_BYTES) return
  const { incarnation, seq, round, stateHash } = header
  return { incarnation, seq, round, stateHash, copy: new Float32Array(values.buffer) }
}

interface Header extends Omit<SavedCopy, 'copy'> {
  readonly v: number
  readonly length: number
}

function decodeHeader(bytes: Uint8Array): Header | undefined {
  try {
    const header = dagCbor.decode<Header>(bytes)
    const isValid =
      header.v === FORMAT_VERSION &&
      [header.seq, header.round, header.length].every((count) => Number.isSafeInteger(count) && count >= 0) &&
      header.incarnation.byteLength === INCARNATION_BYTES &&
      header.stateHash.byteLength === DIGEST_BYTES
    return isValid ? header : undefined
  } catch {
    return
  }
}

async function digestOf(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const hash: Hash = createHash('sha256')
  for (const part of parts) {
    for (let from = 0; from < part.byteLength; from += SLICE_BYTES) {
      hash.update(part.subarray(from, from + SLICE_BYTES))
      await nextTurn()
    }
  }
  return hash.digest()
}
