import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { CID } from 'multiformats/cid'
import { PersonalFile, removePersonalFile } from '../../../../node/run/personal-file.ts'
import { buildTopology, parseTopology } from '../../../../node/training/index.ts'
import { manifest } from '../../protocols/envelope/samples.ts'
import { temporaryFolder } from '../../storage/temporary-home.ts'

const topology = parseTopology(buildTopology('linear', 3, 2))
const model = Float32Array.from({ length: topology.parameterCount }, (_, i) => i / 8)
const run = { id: CID.asCID(manifest.model)!, topology }

async function emptyHome(t: TestContext) {
  const folder = await temporaryFolder(t)
  return { path: (...parts: string[]) => join(folder, ...parts) }
}

/** What a peer restored, and what it was told. */
async function restored(file: PersonalFile) {
  const models: Float32Array[] = []
  const notices: string[] = []
  const vectors = { restorePersonal: async (weights: Float32Array) => void models.push(weights) }
  await file.restoreTo(vectors, (message) => notices.push(message))
  return { models, notices }
}

describe('the file of a personal model', () => {
  it('gives back what was saved, until it is removed', async (t) => {
    const home = await emptyHome(t)
    const file = new PersonalFile(home, run)
    assert.deepEqual(await restored(file), { models: [], notices: [] })
    await file.saveFrom({ personalModel: async () => model.map((value) => -value) })
    await file.saveFrom({ personalModel: async () => model })
    assert.deepEqual(await restored(file), { models: [model], notices: [] })
    await removePersonalFile(home, run.id.toString())
    assert.equal(await file.read(), undefined)
  })

  it('is not made in a run that shares everything', async (t) => {
    const file = new PersonalFile(await emptyHome(t), run)
    await file.saveFrom({ personalModel: async () => undefined })
    assert.equal(await file.read(), undefined)
  })

  it('is told of and ignored when it is damaged, or of another model', async (t) => {
    const home = await emptyHome(t)
    const file = new PersonalFile(home, run)
    await mkdir(dirname(file.path), { recursive: true })
    await writeFile(file.path, 'not what it was')
    const { models, notices } = await restored(file)
    assert.deepEqual(models, [])
    assert.match(notices.join(), /is damaged and was ignored: the personal model begins anew \(safetensors: /)
    const other = new PersonalFile(home, { ...run, topology: parseTopology(buildTopology('linear', 4, 2)) })
    await file.saveFrom({ personalModel: async () => model })
    assert.match((await restored(other)).notices.join(), /shape \[3, 2\] for dense_1\/kernel, the model needs \[4, 2\]/)
  })
})
