/** A pinner's API against what others wrote for it: the public compliance tool, and Kubo as a client. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { runJson, start } from '../../integration/starling.ts'
import { temporaryFolder } from '../../integration/temporary-folder.ts'
import { waitFor } from '../../integration/wait-for.ts'
import { noise } from '../../unit/storage/temporary-storage.ts'
import { Kubo, kuboBinary } from '../kubo/kubo.ts'

const exec = promisify(execFile)
const HERE = fileURLToPath(new URL('.', import.meta.url))
const TOOL = join(HERE, 'node_modules/@ipfs-shipyard/pinning-service-compliance/dist/src/index.js')
/** The API's answers; PINNING_SPEC may name the specification's own file instead. */
const SPEC = process.env.PINNING_SPEC ?? join(HERE, 'answers.json')
const TOOL_MS = 280_000

/** The only case that fails: it wants a CID pinned that no node on earth has. */
const UNFINDABLE = /^Can create a pin with name='/

interface Pinner {
  readonly home: string
  readonly url: string
  readonly token: string
}

async function startPinner(t: TestContext): Promise<Pinner> {
  const home = join(await temporaryFolder(t), 'keeper')
  const words = ['--home', home, '--listen', '/ip4/127.0.0.1/tcp/0', '--pinning-api', '127.0.0.1:0']
  const starling = start(t, 'start', ...words)
  await starling.says('pinning API at')
  const url = /pinning API at (http:\/\/[\d.:]+)/.exec(starling.stderr)![1]!
  const { token } = (await runJson(t, 'tokens', 'add', 'client', '--home', home)) as { token: string }
  return { home, url, token }
}

/** The lines of the tool's summary: each check with whether it passed. */
async function comply(folder: string, { url }: Pinner, token: string): Promise<Map<string, boolean>> {
  const hooks = `--import=${pathToFileURL(join(HERE, 'local-spec.mjs'))}`
  await access(TOOL).catch((cause: unknown) => {
    throw new Error(`${TOOL} is not there: run test/interop/pinning/setup.sh`, { cause })
  })
  const env = { ...process.env, PINNING_SPEC: SPEC, KUBO_BINARY: await kuboBinary() }
  const options = { cwd: folder, env, timeout: TOOL_MS, maxBuffer: 2 ** 24 }
  const { stdout } = await exec(process.execPath, [hooks, TOOL, '-s', url, token], options)
  const summary = stdout.split('Summary (')[1] ?? ''
  const lines = [...summary.matchAll(/^ {2}(🟢|❌) (.+)$/gmu)]
  return new Map(lines.map(([, mark, title]) => [title!, mark === '🟢']))
}

describe('the pinning API of a pinner', () => {
  it('complies, by the public tool, in all but pinning what nobody has', { timeout: TOOL_MS }, async (t) => {
    const pinner = await startPinner(t)
    const results = await comply(await temporaryFolder(t), pinner, pinner.token)
    assert.equal(results.size, 9, [...results.keys()].join('\n'))
    const failed = [...results].filter(([, isPassed]) => !isPassed).map(([title]) => title)
    assert.equal(failed.length, 1, failed.join('\n'))
    assert.match(failed[0]!, UNFINDABLE)
  })

  it('does not, by the same tool, to whoever has a wrong token (control)', { timeout: TOOL_MS }, async (t) => {
    const pinner = await startPinner(t)
    const results = await comply(await temporaryFolder(t), pinner, 'wrong')
    assert.ok([...results.values()].filter((isPassed) => !isPassed).length > 1)
  })

  it('serves `ipfs pin remote`: Kubo adds, lists and removes, and the pinner has the file without Kubo', async (t) => {
    const { home, url, token } = await startPinner(t)
    const kubo = await Kubo.start(t)
    const file = join(await temporaryFolder(t), 'file')
    await writeFile(file, noise(3_000_000, 1))
    const cid = await kubo.run('add', '--quieter', file)
    await kubo.run('pin', 'remote', 'service', 'add', 'starling', url, token)
    await kubo.run('pin', 'remote', 'add', '--service=starling', '--name=model', cid)
    assert.equal(await kubo.run('pin', 'remote', 'ls', '--service=starling', '--name=model'), `${cid}\tpinned\tmodel`)
    assert.match(await kubo.run('pin', 'remote', 'service', 'ls', '--stat'), /starling\s+http\S+\s+0\/0\/1\/0/)

    await kubo.stop()
    const [pin] = (await runJson(t, 'pins', '--home', home)) as {
      root: string
      state: string
      by: string
      bytes: number
    }[]
    assert.deepEqual([pin?.root, pin?.state, pin?.by], [cid, 'pinned', 'service'])
    assert.ok(pin!.bytes > 3_000_000)
  })

  it('lets Kubo take a pin back, and waits in the queue for what Kubo has not got yet', async (t) => {
    const { home, url, token } = await startPinner(t)
    const kubo = await Kubo.start(t)
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'later'), 'not here yet')
    const later = await kubo.run('add', '--quieter', '--only-hash', join(folder, 'later'))
    await kubo.run('pin', 'remote', 'service', 'add', 'starling', url, token)
    await kubo.run('pin', 'remote', 'add', '--service=starling', '--name=later', '--background', later)
    assert.equal(await kubo.run('pin', 'remote', 'ls', '--service=starling', '--name=later'), '')
    await kubo.run('add', '--quieter', join(folder, 'later'))
    const listed = () => kubo.run('pin', 'remote', 'ls', '--service=starling', '--name=later')
    await waitFor('the pin', async () => (await listed()) !== '', 90_000)
    await kubo.run('pin', 'remote', 'rm', '--service=starling', '--name=later')
    assert.equal(await listed(), '')
    assert.deepEqual(await runJson(t, 'pins', '--home', home), [])
  })
})
