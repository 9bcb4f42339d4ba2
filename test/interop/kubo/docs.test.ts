/** docs/ipfs.md, run as it is printed. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, stat, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseCheckpoint } from '../../../protocols/envelope/index.ts'
import { temporaryFolder } from '../../integration/temporary-folder.ts'
import { finishedRun } from './finished-run.ts'
import { Kubo, kuboBinary } from './kubo.ts'

const PAGE = fileURLToPath(new URL('../../../docs/ipfs.md', import.meta.url))
const STARLING = fileURLToPath(new URL('../../../bin/starling.js', import.meta.url))

/** The commands of a page, in one script that ends at the first that fails. */
function scriptOf(page: string): string {
  const blocks = Array.from(page.matchAll(/```sh\n([\s\S]*?)```/g), ([, block]) => block!)
  assert.ok(blocks.length >= 4, `only ${blocks.length} blocks of commands`)
  return `set -euo pipefail\n${blocks.join('').replaceAll('npx starling', `'${STARLING}'`)}`
}

test('every command in docs/ipfs.md does what the page says', async (t) => {
  const folder = await temporaryFolder(t)
  const [kubo, run] = [await Kubo.start(t), await finishedRun(t)]
  await symlink(run.home, join(folder, 'keeper'))
  await symlink(await kuboBinary(), join(folder, 'ipfs'))
  const env = {
    ...process.env,
    ...kubo.environment,
    GATEWAY: kubo.gateway,
    PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter)
  }
  const script = scriptOf(await readFile(PAGE, 'utf8'))
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env })
  const { weights } = parseCheckpoint(await readFile(join(folder, 'manifest.cbor')))
  assert.ok(stdout.includes(String(weights)))
  assert.ok((await stat(join(folder, 'weights.safetensors'))).size > 0)
  // The control: the script ends with the first command that fails.
  await assert.rejects(promisify(execFile)('bash', ['-c', `set -euo pipefail\nipfs nonsense\ntrue`], { env }))
})
