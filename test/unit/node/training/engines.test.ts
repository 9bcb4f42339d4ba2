import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { startEngine } from '../../../../node/training/index.ts'

const run = promisify(execFile)
const engines = new URL('../../../../node/training/engines.ts', import.meta.url).href

test('starts wasm without a reason', async () => {
  const { name, version, reason } = await startEngine('wasm')
  assert.deepEqual({ name, reason }, { name: 'tfjs-wasm', reason: undefined })
  assert.match(version, /^\d+\.\d+\.\d+$/)
})

test('starts pure JavaScript when it is preferred, without a reason', async () => {
  const { name, reason } = await startEngine('cpu')
  assert.deepEqual({ name, reason }, { name: 'tfjs-cpu', reason: undefined })
})

test('falls back to pure JavaScript and says why when wasm has no files', async () => {
  const engine = await startEngine('wasm', { wasmFolder: new URL('./nothing-here/', import.meta.url) })
  assert.equal(engine.name, 'tfjs-cpu')
  assert.match(engine.reason ?? '', /wasm did not start: ENOENT.*nothing-here/)
})

test('falls back without a print when the file of wasm is damaged', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-engines-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'tfjs-backend-wasm-simd.wasm'), 'damaged')
  const script = `
    const { startEngine } = await import(${JSON.stringify(engines)})
    const { name, reason } = await startEngine('wasm', { wasmFolder: new URL(${JSON.stringify(pathToFileURL(`${folder}/`))}) })
    process.stdout.write(JSON.stringify([name, reason.includes('is damaged')]))`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script])
  assert.deepEqual({ result: JSON.parse(stdout), stderr }, { result: ['tfjs-cpu', true], stderr: '' })
})

test('computes on its own backend when two engines share a thread', async () => {
  const [wasm, cpu] = [await startEngine('wasm'), await startEngine('cpu')]
  assert.equal(
    wasm.run(() => wasm.tf.getBackend()),
    'wasm'
  )
  assert.equal(
    cpu.run(() => cpu.tf.getBackend()),
    'cpu'
  )
  assert.equal(
    wasm.run(() => wasm.tf.getBackend()),
    'wasm'
  )
})

test('leaves the crash events of the process alone', async () => {
  const script = `
    const { startEngine } = await import(${JSON.stringify(engines)})
    const own = () => {}
    process.on('uncaughtException', own)
    await startEngine('wasm')
    const left = ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event))
    process.stdout.write(JSON.stringify([left, process.listeners('uncaughtException')[0] === own]))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script])
  assert.deepEqual(JSON.parse(stdout), [[1, 0], true])
})

test('prints nothing while engines start and compute', async () => {
  const script = `
    const { startEngine } = await import(${JSON.stringify(engines)})
    for (const kind of ['wasm', 'cpu']) {
      const engine = await startEngine(kind)
      engine.run(() => {
        const a = engine.tf.tensor2d(new Float32Array(4), [2, 2])
        return engine.tf.relu(engine.tf.matMul(a, a, true, false)).dataSync()
      })
    }`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script])
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' })
})
