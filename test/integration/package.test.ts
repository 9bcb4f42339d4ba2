import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A larger one holds something that nobody needs to run a peer: 556 kB when this was written. */
const MAX_TARBALL_BYTES = 800_000

/** The sources would need it, what is installed must not. */
const WITHOUT_TYPES = '--no-experimental-strip-types'

const runFile = promisify(execFile)

it('the package that npm packs installs into an empty folder and trains there, with plain Node', async (t) => {
  const folder = await temporaryFolder(t)
  const packed = await runFile('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [{ filename, size, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('['))) as [
    { filename: string; size: number; files: { path: string }[] }
  ]
  t.diagnostic(`${size} bytes, ${files.length} files`)
  assert.ok(size < MAX_TARBALL_BYTES)
  assert.deepEqual(
    files.filter(({ path }) => path.endsWith('.ts')),
    []
  )

  await runFile('npm', ['install', '--no-audit', '--no-fund', filename], { cwd: folder })
  const installed = await readdir(join(folder, 'node_modules'))
  for (const name of ['typescript', 'knip', 'fast-check']) assert.ok(!installed.includes(name), name)

  const bin = join(folder, 'node_modules', 'starling', 'bin', 'starling.js')
  const starling = (...words: string[]) => runFile(process.execPath, [WITHOUT_TYPES, bin, ...words], { cwd: folder })
  assert.match((await starling('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
  const plan = ['--peers', '2', '--rounds', '2', '--model', 'linear', '--home', join(folder, 'demo')]
  const { stdout } = await starling('demo', ...plan, '--json')
  const report = JSON.parse(stdout) as { flock: { worst: number }; peers: { rounds: number }[] }
  assert.deepEqual(
    report.peers.map(({ rounds }) => rounds),
    [2, 2]
  )
  assert.ok(report.flock.worst > 0.3)
})
