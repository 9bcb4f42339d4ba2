import * as dagCbor from '@ipld/dag-cbor'
import type { AbortOptions, Libp2p } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { createBlockReader, heldBlock } from './block-reader.ts'
import type { PutBlockOptions } from './blocks.ts'
import type { OpenBulk } from './bulk-reader.ts'
import { Cars, type ImportedCar } from './car.ts'
import { Chains } from './chains.ts'
import { Checkpoints } from './checkpoints.ts'
import { createDagReader, type DagSize } from './dag.ts'
import { createFiles } from './files.ts'
import { startHelia } from './helia.ts'
import type { Home } from './home.ts'
import type { KeepDetails, Keeper, KeptRoot } from './kept-root.ts'
import { PinRequests } from './pin-requests.ts'
import { Pins, type SweepOptions, type SweepReport } from './pins.ts'
import { type RepairReport, repairKept } from './repair.ts'
import { openStores, type Stores } from './stores.ts'
import { type DeadlineOptions, withDeadline } from './with-deadline.ts'

/** Largest block written: 4 MiB blocks hang bitswap on both Helia and Kubo (DESIGN 10). */
export const MAX_BLOCK_BYTES = 1024 * 1024
/** Time for one block: 1 MiB at 64 kB/s and a look-up of providers. */
const BLOCK_TIMEOUT_MS = 30_000
/** Time for a whole DAG: 1 GiB at 2 MB/s. */
const DAG_TIMEOUT_MS = 600_000
/** A DAG or a file that is larger needs the caller's word: a checkpoint of 250 million parameters. */
const MAX_DAG_BYTES = 1024 ** 3

/** An archive is read and written as fast as whoever is at its other end likes. */
const NEVER = new AbortController().signal

/** A block is larger than peers exchange. */
export class BlockTooLargeError extends Error {
  override readonly name = 'BlockTooLargeError'
  readonly code = 'ERR_BLOCK_TOO_LARGE'

  constructor(cid: CID, bytes: number) {
    super(`block ${cid} is ${bytes} bytes, at most ${MAX_BLOCK_BYTES}: store it as a file, which is cut into blocks`)
  }
}

export interface FetchOptions extends DeadlineOptions {
  /** Most bytes that may be fetched. Default 1 GiB. */
  readonly maxBytes?: number
}

/**
 * What a peer stores. With libp2p, what is not here is asked from peers; without, it is BlockNotFoundError. Every read
 * ends with DeadlineError at the latest: after 30 s for a block, 10 minutes for more, or `timeoutMs`.
 */
export interface Storage {
  readonly pins: StoragePins
  readonly checkpoints: Checkpoints
  readonly chains: Chains
  /** What clients of the pinning API asked for. */
  readonly pinRequests: PinRequests
  /** Stores a block of at most 1 MiB. Throws BlockTooLargeError, BlockWriteError. */
  putBlock(cid: CID, bytes: Uint8Array, options?: PutBlockOptions): Promise<CID>
  /** Stores an encoded DAG-CBOR block. Throws as `putBlock`. */
  putDagCbor(bytes: Uint8Array): Promise<CID>
  /** Throws BlockNotFoundError, UnsupportedHashError, DeadlineError. */
  getBlock(cid: CID, options?: DeadlineOptions): Promise<Uint8Array>
  /** A block as it lies here, unchecked, for others who will check it; undefined when it is not here. */
  heldBlock(cid: CID): Promise<Uint8Array | undefined>
  /** Stores a UnixFS file; the same bytes get the same CID as from Kubo's `unixfs-v1-2025`. */
  putFile(bytes: Uint8Array): Promise<CID>
  /** Reads a file of at most `maxBytes`. Throws FileTooLargeError, NotAFileError and as `fetchDag`. */
  getFile(cid: CID, options?: FetchOptions): Promise<Uint8Array>
  /** Brings a root and all it leads to here, unkept. Throws DagTooLargeError, InvalidBlockError and as `getBlock`. */
  fetchDag(root: CID, options?: FetchOptions): Promise<DagSize>
  /** A CAR archive of a root and all that it leads to, as a stream. Throws as Cars.export. */
  exportCar(root: CID, options?: AbortOptions): AsyncGenerator<Uint8Array>
  /** Takes the blocks of a CAR archive in; keep its roots to have them stay. Throws as Cars.import. */
  importCar(source: AsyncIterable<Uint8Array>, options?: AbortOptions): Promise<ImportedCar>
  /** Fetches what is not here of what is kept, each root within the limits. Throws KeptRootCorruptError. */
  repair(options?: FetchOptions): Promise<RepairReport>
  /** Removes what is neither kept, nor in a chain, nor in `alsoKeep`, nor young. */
  sweep(options?: StorageSweepOptions): Promise<SweepReport>
  /** Bytes that all blocks take on the disk. Looks at every file: 0.04 s a thousand. */
  usedBytes(): Promise<number>
  /** Stops Helia; stores, libp2p and home are their owner's to close. May be called twice. */
  close(): Promise<void>
}

/** The list of kept roots: see Pins. */
export interface StoragePins extends Pick<Pins, 'get' | 'list' | 'unkeep' | 'sizeOf'> {
  /** Fetches all that a root leads to, then keeps it. Throws as `fetchDag`. */
  keep(root: CID, details: KeepDetails, options?: FetchOptions): Promise<KeptRoot>
}

export interface StorageSweepOptions extends Pick<SweepOptions, 'graceMs' | 'only'> {
  readonly alsoKeep?: Iterable<CID>
}

export interface CreateStorageInit {
  readonly stores: Stores
  /** A started node. Left out, the storage works on what is here. */
  readonly libp2p?: Libp2p
  /** How connected peers' blocks are asked for in bulk. */
  readonly openBulk?: OpenBulk
}

/** Storage on stores that are open already. */
export async function createStorage({ stores, libp2p, openBulk }: CreateStorageInit): Promise<Storage> {
  const { blockstore, datastore } = stores
  const helia = await startHelia(stores, libp2p)
  const offline = libp2p === undefined
  const read = createBlockReader(helia, blockstore)
  const dag = createDagReader(helia, blockstore, read, openBulk)
  const files = createFiles(helia, read, dag)
  const pins = new Pins({ datastore, blockstore, dag })
  const cars = new Cars({ blockstore, dag, read, loadCodec: (code) => helia.getCodec(code) })

  const putBlock = async (cid: CID, bytes: Uint8Array, options: PutBlockOptions = {}) => {
    if (bytes.byteLength > MAX_BLOCK_BYTES) throw new BlockTooLargeError(cid, bytes.byteLength)
    return helia.blockstore.put(cid, bytes, options)
  }
  const bounded = <T>(what: string, options: FetchOptions, work: (options: BoundedOptions) => Promise<T>) => {
    const { signal, timeoutMs = DAG_TIMEOUT_MS, maxBytes = MAX_DAG_BYTES } = options
    return withDeadline(what, { signal, timeoutMs }, (signal) => work({ signal, offline, maxBytes }))
  }
  const keepNew = (store: () => Promise<CID>, details: KeepDetails, options: FetchOptions = {}) =>
    bounded('keeping what was stored', options, (limits) => pins.keepNew(store, details, limits))
  const list = () => pins.list()
  const unkeep = (root: CID, by?: Keeper) => pins.unkeep(root, by)

  const chains = new Chains({ datastore, putBlock, putFile: files.put, sweep: (options) => pins.sweep(options) })
  const checkpoints = new Checkpoints({ putBlock, putFile: files.put, keepNew, list, unkeep })
  let closing: Promise<unknown> | undefined
  return {
    checkpoints,
    chains,
    pinRequests: new PinRequests(datastore),
    pins: {
      keep: (root, details, options = {}) =>
        bounded(`keeping ${root}`, options, (limits) => pins.keep(root, details, limits)),
      get: (root) => pins.get(root),
      list,
      unkeep,
      sizeOf: (root) => pins.sizeOf(root)
    },
    putBlock,
    putDagCbor: async (bytes) => putBlock(CID.createV1(dagCbor.code, await sha256.digest(bytes)), bytes),
    getBlock: (cid, { signal, timeoutMs = BLOCK_TIMEOUT_MS } = {}) =>
      withDeadline(`block ${cid}`, { signal, timeoutMs }, (signal) => read(cid, { signal, offline })),
    heldBlock: (cid) => heldBlock(blockstore, cid),
    putFile: files.put,
    getFile: (cid, options = {}) => bounded(`file ${cid}`, options, (limits) => files.get(cid, limits)),
    fetchDag: (root, options = {}) => bounded(`what ${root} links to`, options, (limits) => dag.fetch(root, limits)),
    exportCar: (root, { signal = NEVER } = {}) => cars.export(root, signal),
    importCar: (source, { signal = NEVER } = {}) => cars.import(source, signal),
    repair: async (options = {}) =>
      repairKept(await list(), dag, (root) =>
        bounded(`what ${root} links to`, options, (limits) => dag.fetch(root, limits))
      ),
    sweep: ({ alsoKeep = [], ...options } = {}) =>
      pins.sweep({ ...options, alsoKeep: async () => [...(await chains.roots()), ...alsoKeep] }),
    usedBytes: () => blockstore.usedBytes(),
    close: async () => {
      closing ??= helia.stop()
      await closing
    }
  }
}

interface BoundedOptions {
  readonly signal: AbortSignal
  readonly offline: boolean
  readonly maxBytes: number
}

export interface OpenStorageInit {
  readonly home: Home
  readonly libp2p?: Libp2p
}

/** Storage of a home whose stores nobody else needs, as when a command reads a model. `close` closes them too. */
export async function openStorage({ home, ...init }: OpenStorageInit): Promise<Storage> {
  const stores = await openStores(home)
  const storage = await createStorage({ stores, ...init })
  return {
    ...storage,
    close: async () => {
      await storage.close()
      await stores.close()
    }
  }
}
