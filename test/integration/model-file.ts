/** Model files without a run: what `starling export` would write of a model that has learnt nothing. */
import { inferSchema, readData } from '../../node/data/index.ts'
import { formatNamed, writeModelFile } from '../../node/model-files/index.ts'
import { buildTopology, decodeTopology, drawInitialWeights, encodeModelJson } from '../../node/training/index.ts'
import { LABEL, writeBlobs } from './tables.ts'

/** Writes a linear model of blobs to `path`. */
export async function writeModel(format: string, path: string): Promise<string> {
  const table = await readData(await writeBlobs(`${path}.csv`, 60, 1))
  const task = inferSchema([table], { label: LABEL })
  const modelJson = encodeModelJson(buildTopology('linear', 2, task.classes.length))
  const topology = await decodeTopology(modelJson)
  const weights = await drawInitialWeights(topology, 1)
  await writeModelFile(await formatNamed(format), { task, topology, modelJson, weights, origin: {} }, path, {
    force: true
  })
  return path
}
