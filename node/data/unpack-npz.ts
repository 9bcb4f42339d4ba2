import { crc32 } from 'node:zlib'
import { type NpyArray, parseNpy } from './npy.ts'
import { DamagedNpzError } from './npz-errors.ts'
import { MAX_TENSOR_VALUES } from './tensor.ts'
import { TooMuchDataError } from './tensor-errors.ts'
import { zipChecksums } from './zip-checksums.ts'

/** What Node reads into one buffer. */
export const MAX_NPZ_BYTES = 2 ** 31 - 1
/** As many float64 as fit a run, and their header: of all arrays that are unpacked together. */
const MAX_UNPACKED_BYTES = 8 * MAX_TENSOR_VALUES + 16_384
/** A file of rows and labels has a handful; an archive that claims billions would take for ever. */
const MAX_ENTRIES = 256
/** Deflate packs at most 1032 bytes into one (zlib, "Maximum Compression Factor"). */
const MAX_INFLATION = 1032
const EXTENSION = '.npy'

/** The arrays of an `.npz`, unpacked when asked for. */
export interface NpzArchive {
  readonly source: string
  /** In the order of the file. */
  readonly names: readonly string[]
  /** Throws TooMuchDataError, and what `parseNpy` throws. */
  unpack(names: readonly string[]): NpyArray[]
  /** A member that is no array; undefined where there is none of that name. Throws TooMuchDataError, DamagedNpzError. */
  unpackFile(name: string): Buffer | undefined
}

/** Throws DamagedNpzError. */
export async function openNpz(source: string, bytes: Buffer): Promise<NpzArchive> {
  const { unzipSync } = await import('fflate')
  const names: string[] = []
  const unzip = (wanted: (name: string) => boolean): Record<string, Uint8Array> => {
    const bounds = new UnpackBounds(source, bytes.length)
    try {
      return unzipSync(bytes, { filter: (entry) => bounds.admit(entry, wanted) })
    } catch (cause) {
      if (cause instanceof DamagedNpzError || cause instanceof TooMuchDataError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DamagedNpzError(source, reason, { cause })
    }
  }
  unzip((name) => {
    if (name.endsWith(EXTENSION)) names.push(name.slice(0, -EXTENSION.length))
    return false
  })
  const checksums = zipChecksums(bytes)
  const checked = (name: string, file: Buffer): Buffer => {
    const checksum = checksums.get(name)
    if (checksum === undefined || crc32(file) === checksum) return file
    throw new DamagedNpzError(source, `the checksum of ${name.replace(/\.npy$/, '')} is wrong`)
  }
  const unpack = (chosen: readonly string[]): NpyArray[] => {
    const files = unzip((name) => name.endsWith(EXTENSION) && chosen.includes(name.slice(0, -EXTENSION.length)))
    return chosen.map((name) => {
      const file = checked(name + EXTENSION, asBuffer(files[name + EXTENSION]))
      return parseNpy(source, `array ${name} of ${source}`, file)
    })
  }
  const unpackFile = (wanted: string): Buffer | undefined => {
    const file = unzip((name) => name === wanted)[wanted]
    return file === undefined ? undefined : checked(wanted, asBuffer(file))
  }
  return { source, names, unpack, unpackFile }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array = new Uint8Array(0)): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Checks what an archive claims about its entries before room is made for them. */
class UnpackBounds {
  readonly #source: string
  readonly #fileBytes: number
  #entries = 0
  #bytes = 0

  constructor(source: string, fileBytes: number) {
    this.#source = source
    this.#fileBytes = fileBytes
  }

  admit(
    entry: { name: string; size: number; originalSize: number; compression: number },
    wanted: (name: string) => boolean
  ): boolean {
    this.#entries += 1
    if (this.#entries > MAX_ENTRIES)
      throw new DamagedNpzError(this.#source, `it claims more than ${MAX_ENTRIES} arrays`)
    if (!wanted(entry.name)) return false
    this.#bytes += entry.originalSize
    if (this.#bytes > MAX_UNPACKED_BYTES) {
      throw new TooMuchDataError(this.#source, `arrays of ${this.#bytes} bytes`, MAX_UNPACKED_BYTES)
    }
    if (entry.size > this.#fileBytes || entry.originalSize > entry.size * MAX_INFLATION + MAX_INFLATION) {
      const claim = `${entry.name} claims to unpack ${entry.size} bytes to ${entry.originalSize}`
      throw new DamagedNpzError(this.#source, claim)
    }
    return true
  }
}
