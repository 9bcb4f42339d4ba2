import type { Table } from './table.ts'
import { writeTable } from './write-table.ts'

/** Writes rows as `readData` reads them: an `.npz` for images and arrays, a CSV otherwise. Returns the file's path. */
export async function writeData(pathWithoutEnd: string, table: Table): Promise<string> {
  const path = `${pathWithoutEnd}.${table.tensor === undefined ? 'csv' : 'npz'}`
  if (table.tensor === undefined) {
    await writeTable(path, table.columns, table.rows)
  } else {
    const { writeNpz } = await import('./write-npz.ts')
    await writeNpz(path, table)
  }
  return path
}
