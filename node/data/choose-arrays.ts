import type { NpyArray } from './npy.ts'
import { ArraysNotFoundError } from './npz-errors.ts'
import type { NpzArchive } from './unpack-npz.ts'

/** What rows and labels are called by NumPy, Keras, scikit-learn and MedMNIST, in lower case; the first pair wins. */
const NAMES: readonly (readonly [rows: string, labels: string])[] = [
  ['x', 'y'],
  ['x_train', 'y_train'],
  ['data', 'target'],
  ['data', 'labels'],
  ['images', 'labels'],
  ['features', 'labels'],
  ['train_images', 'train_labels'],
  ['x_test', 'y_test'],
  ['arr_0', 'arr_1']
]

export interface ChosenArrays {
  readonly rows: NpyArray
  readonly labels?: NpyArray
  /** Which were taken, unless there was no choice. */
  readonly remark?: string
}

/** The array of rows and that of labels, by name or else by shape. Throws ArraysNotFoundError. */
export function chooseArrays(archive: NpzArchive): ChosenArrays {
  const { names } = archive
  const find = (name: string) => names.find((other) => other.toLowerCase() === name)
  for (const pair of NAMES) {
    const found = pair.flatMap((name) => find(name) ?? [])
    if (found.length === 2) return taken(archive, found)
  }
  if (names.length === 1) return taken(archive, names)
  return taken(archive, namesByShape(archive))
}

function taken({ source, names, unpack }: NpzArchive, chosen: readonly string[]): ChosenArrays {
  const [rows, labels] = unpack(chosen)
  const unused = names.filter((name) => !chosen.includes(name))
  const isPlain = unused.length === 0 && (chosen.length === 1 || (chosen[0] === 'x' && chosen[1] === 'y'))
  const found = chosen.length === 1 ? `rows are ${chosen[0]}` : `rows are ${chosen[0]}, labels are ${chosen[1]}`
  const rest = unused.length === 0 ? '' : `; not used: ${unused.join(', ')}`
  return {
    rows: rows!,
    ...(labels === undefined ? {} : { labels }),
    ...(isPlain ? {} : { remark: `${source}: ${found}${rest}` })
  }
}

/** The one array of two sides or more, and the one of as many single values. */
function namesByShape({ source, names, unpack }: NpzArchive): string[] {
  const shapes = unpack(names).map(({ shape }, index) => ({ name: names[index]!, shape }))
  const isList = ({ shape }: { shape: readonly number[] }) => shape.slice(1).every((side) => side === 1)
  const rows = shapes.filter((array) => array.shape.length > 1 && !isList(array))
  const labels = shapes.filter((array) => isList(array) && array.shape[0] === rows[0]?.shape[0])
  if (rows.length !== 1 || labels.length !== 1) throw new ArraysNotFoundError(source, names)
  return [rows[0]!.name, labels[0]!.name]
}
