import { writeFile } from 'node:fs/promises'
import { randomFrom } from './random.ts'

/** Columns of every table here; the label is the last. */
export const LABEL = 'species'
export const CLASSES = ['finch', 'starling', 'wren'] as const
type Class = (typeof CLASSES)[number]

/** Where each class lies in the plane: far enough apart for a linear model, close enough to need some training. */
const CENTRES: Readonly<Record<Class, readonly [number, number]>> = {
  finch: [0, 2],
  starling: [2, -1],
  wren: [-2, -1]
}

/** A seeded table of blobs in the plane as CSV: so many rows of each of these classes in turn. */
export function blobs(rows: number, seed: number, classes: readonly Class[] = CLASSES): string {
  const random = randomFrom(seed)
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = classes[row % classes.length]!
    const [x, y] = CENTRES[label].map((centre) => (centre + random() + random() + random() - 1.5).toFixed(4))
    return `${x},${y},${label}`
  })
  return `x,y,${LABEL}\n${lines.join('\n')}\n`
}

export async function writeBlobs(path: string, ...args: Parameters<typeof blobs>): Promise<string> {
  await writeFile(path, blobs(...args))
  return path
}
