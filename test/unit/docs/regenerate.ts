/** `npm run docs`: writes the generated parts of the documentation anew. */
import { writeFile } from 'node:fs/promises'
import { readRepositoryFile, repositoryPath } from './repository.ts'
import { withSettingsTable } from './settings-table.ts'

const PAGE = 'docs/configuration.md'

await writeFile(repositoryPath(PAGE), withSettingsTable(await readRepositoryFile(PAGE)))
