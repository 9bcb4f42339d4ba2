import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { readTable, SAMPLE_SETS } from '../../node/data/index.ts'

/** The digits come as 8 x 8 pixels of 0 to 16 (node/data/sets/README.md); MNIST's size is what image models expect. */
const FROM = 8
const TO = 28
const MAX_INK = 16

/** Writes the 1797 digits that ship with Starling as 28 x 28 grey PNG files, a folder for each class, under `folder`. */
export async function writeDigitImages(folder: string): Promise<void> {
  const { path, label } = SAMPLE_SETS.digits
  const table = await readTable(path)
  const labelAt = table.columns.indexOf(label)
  const classes = new Set(table.rows.map((row) => row[labelAt]!))
  for (const name of classes) await mkdir(join(folder, name), { recursive: true })
  for (const [index, row] of table.rows.entries()) {
    const ink = row.filter((_, column) => column !== labelAt).map(Number)
    const file = join(folder, row[labelAt]!, `${String(index).padStart(4, '0')}.png`)
    await writeFile(file, encode({ width: TO, height: TO, channels: 1, depth: 8, data: enlarge(ink) }))
  }
}

/** Bilinear, pixel centres on pixel centres; edges are repeated. `ink`: shape [8 * 8]; returns [28 * 28], 0 to 255. */
function enlarge(ink: readonly number[]): Uint8Array {
  const pixels = new Uint8Array(TO * TO)
  for (let y = 0; y < TO; y++) {
    const [top, bottom, down] = neighbours(y)
    for (let x = 0; x < TO; x++) {
      const [left, right, along] = neighbours(x)
      const at = (row: number) => ink[row * FROM + left]! * (1 - along) + ink[row * FROM + right]! * along
      pixels[y * TO + x] = Math.round(((at(top) * (1 - down) + at(bottom) * down) * 255) / MAX_INK)
    }
  }
  return pixels
}

/** The two source pixels around a target pixel, and how far it is from the first to the second. */
function neighbours(target: number): [number, number, number] {
  const position = Math.min(FROM - 1, Math.max(0, ((target + 0.5) * FROM) / TO - 0.5))
  const first = Math.floor(position)
  return [first, Math.min(FROM - 1, first + 1), position - first]
}
