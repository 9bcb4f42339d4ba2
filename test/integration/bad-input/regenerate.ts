/** Writes docs/bad-input.md from the table of the tests: `node test/integration/bad-input/regenerate.ts`. */
import { writeFile } from 'node:fs/promises'
import { badInputPage } from './table.ts'

await writeFile(new URL('../../../docs/bad-input.md', import.meta.url), badInputPage())
