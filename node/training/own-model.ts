import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { collectWeights } from './collect-weights.ts'
import { startEngine } from './engines.ts'
import { ModelFileError, ModelMismatchError, TopologyTooLargeError } from './errors.ts'
import { isDeeperThan } from './json-depth.ts'
import type { LossKind } from './loss.ts'
import { encodeModelJson, weightsManifest } from './model-json.ts'
import { isObject, parseJson, readModel } from './read-model.ts'
import { decodeTopology, type Topology } from './topology.ts'
import { MAX_JSON_LEVELS, MAX_MODEL_JSON_BYTES } from './topology-limits.ts'
import { readManifestTensors } from './weights-manifest.ts'

/** A model that the user brings, as a run takes it. */
export interface OwnModel {
  readonly modelJson: Uint8Array
  readonly topology: Topology
  /** Weights that lie beside the file: the run starts from them. Shape [parameterCount]. */
  readonly initial?: Float32Array
}

/**
 * Reads a `model.json` that TensorFlow.js or its converter wrote, and the weights beside it. What of the file is not
 * the model, such as its author's notes, does not get into the run. Throws ModelFileError, ModelMismatchError, and as
 * `decodeTopology` does.
 */
export async function readOwnModel(path: string, loss: LossKind = 'softmax-cross-entropy'): Promise<OwnModel> {
  const json = parseJson(await readModelFile(path))
  const { modelJson, topology } = await adoptModel(json, loss)
  const manifest = isObject(json) ? json.weightsManifest : undefined
  const tensors = await readManifestTensors(dirname(path), manifest, topology.parameterCount)
  if (tensors === undefined) return { modelJson, topology }
  const initial = collectWeights(topology, tensors, {
    source: 'the weights beside model.json',
    advice: 'put the right files there, or remove them to start from the seed'
  })
  return { modelJson, topology, initial }
}

/**
 * A model as a run keeps it, of a parsed `model.json` or its `modelTopology`: class and configuration alone, one way of
 * writing for equal models. Throws as `decodeTopology` does, and what an engine throws that cannot train it.
 */
export async function adoptModel(json: unknown, loss: LossKind = 'softmax-cross-entropy'): Promise<OwnModel> {
  if (isDeeperThan(json, MAX_JSON_LEVELS))
    throw new TopologyTooLargeError('levels of JSON', MAX_JSON_LEVELS + 1, MAX_JSON_LEVELS)
  const { className, config } = readModel(json)
  const modelTopology = { class_name: className, config }
  const topology = await decodeTopology(new TextEncoder().encode(JSON.stringify({ modelTopology })), loss)
  await requireAnEngine(topology)
  const weights = topology.weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const }))
  const format = 'layers-model'
  const modelJson = encodeModelJson({ format, modelTopology, weightsManifest: weightsManifest(weights) })
  return { modelJson, topology }
}

/** Throws ModelMismatchError unless the model takes rows of so many values and gives so many outputs. */
export function requireModelFits({ topology }: OwnModel, path: string, inputs: number, outputs: number): void {
  if (topology.inputs !== inputs) {
    throw new ModelMismatchError(
      `${path} takes ${topology.inputs} values a row ([${topology.inputShape.join(', ')}]), these data have ${inputs}: ` +
        'change the input shape of the model, or the columns'
    )
  }
  if (topology.outputs === outputs) return
  throw new ModelMismatchError(
    `${path} has ${topology.outputs} outputs, these data need ${outputs}: change the units of its last layer`
  )
}

async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MAX_MODEL_JSON_BYTES) throw new TopologyTooLargeError('bytes of model.json', size, MAX_MODEL_JSON_BYTES)
    return await readFile(path)
  } catch (error) {
    if (error instanceof TopologyTooLargeError) throw error
    throw new ModelFileError(path, codeOf(error), { cause: error })
  }
}

/** A layer that neither engine can train is found here, and not by everybody who joins. */
async function requireAnEngine(topology: Topology): Promise<void> {
  if (topology.type === 'stack') return
  const { createLayersModelNetwork } = await import('./layers-model-network.ts')
  const { network } = await createLayersModelNetwork(await startEngine(), topology)
  network.close?.()
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
