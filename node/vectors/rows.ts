import {
  type Dataset,
  type EncodingNotes,
  encodeTable,
  holdOut,
  readData,
  requireTrainable,
  selectRows,
  type TaskSchema
} from '../data/index.ts'

export interface RowsInit {
  readonly task: TaskSchema
  /** File or folder of the peer's own rows. */
  readonly data: string
  /** File of common held-out rows, never trained on; with it nothing else is held out. */
  readonly test?: string
  /** Fraction of the own rows that is held out. */
  readonly holdOut: number
  readonly seed: number
}

export interface Rows {
  readonly training: Dataset
  readonly heldOut: Dataset
  readonly notes: EncodingNotes
}

/** Reads and encodes a peer's rows by the run's schema and sets the held-out part apart. */
export async function readRows({ task, data, test, holdOut: fraction, seed }: RowsInit): Promise<Rows> {
  const all = encodeTable(await readData(data), task)
  const common = test === undefined ? undefined : encodeTable(await readData(test), task)
  const split = common === undefined ? holdOut(all, fraction, seed) : undefined
  const training = split === undefined ? all : selectRows(all, split.training)
  requireTrainable(training, data)
  return { training, heldOut: common ?? selectRows(all, split!.heldOut), notes: all.notes }
}
