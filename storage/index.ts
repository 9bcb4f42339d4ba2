/**
 * What a peer keeps: its home, blocks, checkpoints, chains. The only place that knows Helia.
 *
 * ```ts
 * import { mkdtemp } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import * as dagCbor from '@ipld/dag-cbor'
 * import { encodeSafetensors, openHome, openStorage } from './storage/index.ts'
 *
 * const home = await openHome(await mkdtemp(join(tmpdir(), 'starling-')), { create: true })
 * const storage = await openStorage({ home }) // offline; a peer uses openStores and createStorage({ stores, libp2p })
 * const weights = encodeSafetensors([{ name: 'dense/kernel', shape: [2], data: new Float32Array([1, 2]) }])
 * const encode = (links: object) => dagCbor.encode({ round: 1, ...links })
 * const { root } = await storage.checkpoints.put({ run: 'bafy', seq: 1, round: 1, createdAt: 0, weights, encode })
 * const { round } = dagCbor.decode<{ round: number }>(await storage.getBlock(root)) // 1
 * await storage.close()
 * await home.close()
 * ```
 */
export { BlockNotFoundError, UnsupportedHashError } from './block-reader.ts'
export { BlockWriteError, diskBytes, type PutBlockOptions, type StoredSize } from './blocks.ts'
export { DamagedCarError, type ImportedCar, IncompleteCarError, InvalidCarError } from './car.ts'
export {
  type AppendedDelta,
  type Block,
  type ChainDelta,
  type ChainEntry,
  type Chains,
  InvalidChainNameError,
  SNAPSHOT_EVERY_DELTAS
} from './chains.ts'
export {
  CHECKPOINTS_KEPT,
  type CheckpointInput,
  type Checkpoints,
  ManifestLinkMissingError
} from './checkpoints.ts'
export { type Copies, createCopies, InvalidRunIdError, type LoadedCopy, type SavedCopy } from './copies.ts'
export { type DagSize, DagTooLargeError, InvalidBlockError } from './dag.ts'
export { FileTooLargeError, NotAFileError } from './files.ts'
export { decodeSafetensors, encodeSafetensors, SafetensorsError } from './formats/safetensors.ts'
export type { Tensor } from './formats/tensor.ts'
export {
  type Home,
  HomeCorruptError,
  HomeNotFoundError,
  HomeNotWritableError,
  HomeVersionError,
  homeHolder,
  openHome,
  peekIdentity
} from './home.ts'
export { HomeInUseError } from './home-lock.ts'
export { copyIdentity, IdentityExistsError, renewIdentity, restoreIdentity } from './identity-backup.ts'
export { IdentityCorruptError } from './identity-file.ts'
export { INCARNATION_BYTES, newIncarnation, nextIncarnation } from './incarnation.ts'
export {
  BlockDamagedError,
  type BlockInspector,
  BlockMissingError,
  fileCid,
  inspectBlocks,
  inspectorOf
} from './inspect-blocks.ts'
export { isKeptBy, type KeepDetails, type Keeper, type KeptRoot, KeptRootCorruptError } from './kept-root.ts'
export { memoryStores } from './memory-stores.ts'
export { Mutex } from './mutex.ts'
export { type PinRequest, PinRequestCorruptError, PinRequests, type PinStatus } from './pin-requests.ts'
export { SWEEP_GRACE_MS, type SweepReport } from './pins.ts'
export type { LostRoot, RepairReport } from './repair.ts'
export {
  BlockTooLargeError,
  type CreateStorageInit,
  createStorage,
  type FetchOptions,
  openStorage,
  type Storage,
  type StoragePins,
  type StorageSweepOptions
} from './storage.ts'
export { DatastoreOpenError, type DiskStores, type OpenStoresOptions, openStores, type Stores } from './stores.ts'
export {
  fingerprintText,
  giveSwarmKey,
  newSwarmKey,
  parseSwarmKey,
  readSwarmKey,
  type SwarmKey,
  SwarmKeyCorruptError,
  SwarmKeyExistsError
} from './swarm-key.ts'
export type { VerifyReport } from './verify-blocks.ts'
export { DeadlineError, type DeadlineOptions } from './with-deadline.ts'
export { makeFolder, writeFileAtomic } from './write-file-atomic.ts'
