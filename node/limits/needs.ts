import { type Codec, payloadBytes } from '../../protocols/averaging/index.ts'

const FLOAT_BYTES = 4
const MIB = 1024 * 1024

/**
 * A trainer of the smallest model: Node, libp2p, the worker thread with its engine. Resident memory at its highest, on
 * Linux with Node 24: 337 MB with 650 parameters and 1800 rows, and room for the heap to grow.
 */
const TRAINER_BASE_BYTES = 360 * 1e6

/** The same for a peer without data, and for `create`. */
const PINNER_BASE_BYTES = 220 * 1e6

/**
 * Vectors beside the k neighbours' copies. In the worker model, own public copy, momentum (DESIGN 7) and what training
 * uses: scratch, gradients, the engine's weights; in the main thread the initial weights, and copies and checkpoints on
 * their way to the disk. Without neighbours a peer took 463 MB at 1.0 M parameters and 680 MB at 4.2 M: 22 vectors. Four more
 * are the copies of the last two neighbours that parted, and the two that were served last.
 */
const OTHER_VECTORS = 26

/**
 * More vectors where a peer trains a model of its own too: that model, the common one that draws it, gradient, moments, the
 * engine's weights, and the file on its way to the disk. Counted in the code.
 */
const PERSONAL_VECTORS = 9

/** A file of weights with its copies while it is read or written. */
const FILE_VECTORS = 4

/** Reading a file of rows takes so many times its size: 264 MB for 42 MB of 150 000 x 41 numbers. */
const ROWS_FACTOR = 6.5

/** Own deltas kept for neighbours, at most (participant/own-chain.ts), and as much again on its way. */
const HISTORY_BYTES = 4 * MIB

/** Checkpoints kept, and the next one while it is written. */
const CHECKPOINTS = 4

/** Snapshots kept of the own chain, and the next one while it is written. */
const SNAPSHOTS = 3

/** Deltas between the oldest kept snapshot and the newest delta. */
const CHAIN_DELTAS = 96

/** Own copy, and its successor while it is written. */
const COPIES = 2

/** Datastore, logs, records: 64 MiB are 200 000 lines of `events.jsonl`. */
const DISK_BASE_BYTES = 64 * MIB

/** What a model and a run ask of a machine. */
export interface ModelSize {
  readonly parameters: number
  /** Neighbours to aim for. */
  readonly k: number
  readonly codec: Codec
  /** Each peer trains a model of its own as well. */
  readonly isPersonal?: boolean
}

/** Bytes of memory for a peer that trains: at most `2 k` neighbours may link, and about k do. */
export function trainerMemory(
  { parameters, k, isPersonal = false }: Pick<ModelSize, 'parameters' | 'k' | 'isPersonal'>,
  rowsFileBytes: number
): number {
  const vectors = k + OTHER_VECTORS + (isPersonal ? PERSONAL_VECTORS : 0)
  return TRAINER_BASE_BYTES + vectors * FLOAT_BYTES * parameters + ROWS_FACTOR * rowsFileBytes + HISTORY_BYTES
}

/** Bytes of memory for a peer that keeps checkpoints: the initial weights once, files a block at a time. */
export function keeperMemory(parameters: number): number {
  return PINNER_BASE_BYTES + FILE_VECTORS * FLOAT_BYTES * parameters
}

/** Bytes of memory for making a run out of files of rows. */
export function createMemory(parameters: number, rowsFileBytes: number): number {
  return PINNER_BASE_BYTES + FILE_VECTORS * FLOAT_BYTES * parameters + ROWS_FACTOR * rowsFileBytes
}

/** Bytes of disk for a peer that trains. */
export function trainerDisk({ parameters, codec }: Pick<ModelSize, 'parameters' | 'codec'>): number {
  const files = 1 + CHECKPOINTS + SNAPSHOTS + COPIES
  return DISK_BASE_BYTES + files * FLOAT_BYTES * parameters + CHAIN_DELTAS * payloadBytes(codec, parameters)
}

/** Bytes of disk for a peer that keeps checkpoints. */
export function keeperDisk(parameters: number): number {
  return DISK_BASE_BYTES + (1 + CHECKPOINTS) * FLOAT_BYTES * parameters
}

/** Bytes of disk for a new run: model and initial weights. */
export function runDisk(parameters: number): number {
  return DISK_BASE_BYTES + FLOAT_BYTES * parameters
}
