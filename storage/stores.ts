import { mkdir } from 'node:fs/promises'
import type { Datastore } from 'interface-datastore'
import { type PeerBlockstore, SafeFsBlockstore } from './blocks.ts'
import { readCleanMark, writeCleanMark } from './clean-mark.ts'
import { CommitLevelDatastore, createDatastore } from './datastore.ts'
import type { Home } from './home.ts'
import { type VerifyReport, verifyBlocks } from './verify-blocks.ts'

/** Where in a home the blocks are. */
export const BLOCKS_FOLDER = 'blocks'
const DATASTORE_FOLDER = 'datastore'
const MARK_FILE = 'stores.json'
/** File times may be as coarse as 2 s (FAT), and time synchronisation moves a clock by seconds. */
const CLOCK_MARGIN_MS = 60_000

/** The datastore does not open. */
export class DatastoreOpenError extends Error {
  override readonly name = 'DatastoreOpenError'
  readonly code = 'ERR_DATASTORE_OPEN'

  constructor(path: string, cause: unknown) {
    super(
      `datastore ${path} does not open: another process uses it, or it is damaged: stop that process, or move the folder ` +
        'away; what the home keeps is then fetched again, and your own pins are lost',
      { cause }
    )
  }
}

/** The block store and the datastore of a home: open before libp2p, which keeps its peers in the datastore. */
export interface Stores {
  readonly blockstore: PeerBlockstore
  readonly datastore: Datastore
  /** What the check at opening found: say so to the user when blocks were dropped. */
  readonly check: VerifyReport
  /** Flushes, closes and marks the stores as clean. Stop storage and libp2p first. May be called twice. */
  close(): Promise<void>
}

export interface OpenStoresOptions {
  /** Checks the content of every block, also after an orderly close. Default false. */
  readonly hashAll?: boolean
}

/** Stores in files. */
export interface DiskStores extends Stores {
  readonly blockstore: SafeFsBlockstore
}

/**
 * Opens the stores of a home. Sizes of all blocks are checked every time, contents only of those that changed since the
 * last orderly close when the process was stopped otherwise. Throws DatastoreOpenError.
 */
export async function openStores(home: Home, { hashAll = false }: OpenStoresOptions = {}): Promise<DiskStores> {
  const openedAt = Date.now()
  const blocks = home.path(BLOCKS_FOLDER)
  await mkdir(blocks, { recursive: true })
  const mark = await readCleanMark(home.path(MARK_FILE))
  const hashSince = hashAll ? 0 : mark.clean ? Number.POSITIVE_INFINITY : mark.at - CLOCK_MARGIN_MS
  const check = await verifyBlocks(blocks, { hashSince })
  await writeCleanMark(home.path(MARK_FILE), { clean: false, at: openedAt })

  const blockstore = new SafeFsBlockstore(blocks)
  await blockstore.open()
  await createDatastore(home.path(DATASTORE_FOLDER))
  const datastore = new CommitLevelDatastore(home.path(DATASTORE_FOLDER))
  await datastore.open().catch((cause: unknown) => {
    throw new DatastoreOpenError(home.path(DATASTORE_FOLDER), cause)
  })
  let closing: Promise<void> | undefined
  const close = async () => {
    await blockstore.commit()
    await blockstore.close()
    await datastore.close()
    // On a full disk the mark stays as it was, and the next start looks at what changed since.
    await writeCleanMark(home.path(MARK_FILE), { clean: true, at: Date.now() }).catch(() => {})
  }
  return {
    blockstore,
    datastore,
    check,
    close: () => {
      closing ??= close()
      return closing
    }
  }
}
