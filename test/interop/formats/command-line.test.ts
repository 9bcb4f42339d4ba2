import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { demoReport } from '../../integration/demo-report.ts'
import { runJson } from '../../integration/starling.ts'
import { suiteOwner, temporaryFolder } from '../../integration/temporary-folder.ts'
import { columnsOf, runOnnx } from './onnx-runtime.ts'

/** Where `setup.sh` puts it. */
const PYTHON = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'starling-interop/formats-python/bin/python'
)

const FORMATS = { safetensors: 'model.safetensors', tfjs: 'model.json', onnx: 'model.onnx', npz: 'model.npz' } as const

const predictions = z.object({ predictions: z.array(z.object({ label: z.string(), probability: z.number() })) })

/** The Python of docs/exports.md, block by block. */
async function documented(): Promise<string[]> {
  const page = await readFile(new URL('../../../docs/exports.md', import.meta.url), 'utf8')
  return Array.from(page.matchAll(/```python\n(.*?)```/gs), ([, code]) => code!)
}

describe('a checkpoint of a real run, exported by the command line', () => {
  const suite = suiteOwner()
  let folder: string
  let test: string
  let expected: z.infer<typeof predictions>['predictions']

  async function python(code: string): Promise<string> {
    await writeFile(join(folder, 'snippet.py'), code)
    return (await promisify(execFile)(PYTHON, ['snippet.py'], { cwd: folder })).stdout
  }

  before(async () => {
    folder = await temporaryFolder(suite)
    const home = join(folder, 'home')
    const plan = ['--peers', '2', '--rounds', '8', '--local-steps', '8', '--model', 'mlp:16', '--data', 'wdbc']
    const { checkpoint } = demoReport.parse(await runJson(suite, 'demo', '--home', home, ...plan))
    test = join(home, 'data', 'test.csv')
    await copyFile(test, join(folder, 'new.csv'))
    const pinner = join(home, 'pinner')
    const asked = await runJson(suite, 'predict', checkpoint, '--home', pinner, '--data', test)
    expected = predictions.parse(asked).predictions
    for (const [format, name] of Object.entries(FORMATS)) {
      await runJson(suite, 'export', checkpoint, '--home', pinner, '--format', format, '--output', join(folder, name))
    }
  })

  it('predicts from each file what it predicts from the checkpoint', async (t) => {
    for (const name of Object.values(FORMATS)) {
      const found = await runJson(t, 'predict', join(folder, name), '--data', test)
      assert.deepEqual(predictions.parse(found).predictions, expected, name)
    }
  })

  it('answers the same in ONNX Runtime for Node', async () => {
    const answers = await runOnnx(join(folder, FORMATS.onnx), columnsOf(await readFile(test, 'utf8')))
    assert.deepEqual(
      Array.from(answers.label!.data),
      expected.map(({ label }) => label)
    )
    const classes = answers.probabilities!.dims[1]!
    for (const [row, { probability }] of expected.entries()) {
      const scores = Array.from({ length: classes }, (_, at) => Number(answers.probabilities!.data[row * classes + at]))
      assert.ok(Math.abs(Math.max(...scores) - probability) <= 1e-5)
    }
  })

  it('answers the same in the Python of the documentation', async () => {
    const lines = (await python((await documented())[0]!)).trim().split('\n')
    assert.equal(lines.length, expected.length)
    for (const [row, line] of lines.entries()) {
      const [label, probability] = line.split(' ')
      assert.equal(label, expected[row]!.label)
      assert.ok(Math.abs(Number(probability) - expected[row]!.probability) <= 1e-5, line)
    }
  })

  it('opens as safetensors and as npz in Python, as the documentation says', async () => {
    const shown = await python((await documented())[1]!)
    assert.equal(
      shown.trim(),
      "diagnosis {'dense_1/bias': (16,), 'dense_1/kernel': (30, 16), 'dense_2/bias': (2,), 'dense_2/kernel': (16, 2)}"
    )
  })

  it("passes ONNX's own checker, with shapes inferred", async () => {
    const check = "import onnx\nonnx.checker.check_model(onnx.load('model.onnx'), full_check=True)"
    await python(check)
    const bytes = await readFile(join(folder, FORMATS.onnx))
    // The control: a node of another operator.
    const at = bytes.indexOf('MatMul')
    bytes.write('MatMal', at)
    await writeFile(join(folder, 'broken.onnx'), bytes)
    await assert.rejects(python(check.replace('model.onnx', 'broken.onnx')))
  })

  it('is refused by Python when a byte of its header is wrong (control)', async () => {
    const bytes = await readFile(join(folder, FORMATS.safetensors))
    bytes[9] = 0x20
    await writeFile(join(folder, 'broken.safetensors'), bytes)
    await assert.rejects(
      python('from safetensors import safe_open\nsafe_open("broken.safetensors", framework="numpy")')
    )
  })
})
