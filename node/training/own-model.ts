import { readFile, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { startEngine } from './engines.ts'
import { InvalidTopologyError, ModelFileError, ModelMismatchError, TopologyTooLargeError } from './errors.ts'
import type { LossKind } from './loss.ts'
import { encodeModelJson, weightsManifest } from './model-json.ts'
import { isObject, parseJson, readModel } from './read-model.ts'
import { decodeTopology, sizeOf, type Topology } from './topology.ts'
import { MAX_MODEL_JSON_BYTES } from './topology-limits.ts'

const FLOAT32_BYTES = 4

/** A model that the user brings, as a run takes it. */
export interface OwnModel {
  readonly modelJson: Uint8Array
  readonly topology: Topology
  /** Weights that lie beside the file: the run starts from them. Shape [parameterCount]. */
  readonly initial?: Float32Array
}

/** One entry of a weights manifest: files that hold these weights one behind the other. */
interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[]
}

/**
 * Reads a `model.json` that TensorFlow.js or its converter wrote, and the weights beside it. What of the file is not
 * the model, such as its author's notes, does not get into the run. Throws ModelFileError, ModelMismatchError, and as
 * `decodeTopology` does.
 */
export async function readOwnModel(path: string, loss: LossKind = 'softmax-cross-entropy'): Promise<OwnModel> {
  const json = parseJson(await readModelFile(path))
  const { className, config } = readModel(json)
  const modelTopology = { class_name: className, config }
  const topology = await decodeTopology(new TextEncoder().encode(JSON.stringify({ modelTopology })), loss)
  await requireAnEngine(topology)
  const weights = topology.weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const }))
  const format = 'layers-model'
  const modelJson = encodeModelJson({ format, modelTopology, weightsManifest: weightsManifest(weights) })
  const initial = await readWeights(topology, dirname(path), isObject(json) ? json.weightsManifest : undefined)
  return { modelJson, topology, ...(initial === undefined ? {} : { initial }) }
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

/** Undefined where no file of the manifest is there. */
async function readWeights(topology: Topology, folder: string, manifest: unknown): Promise<Float32Array | undefined> {
  const groups = readManifest(manifest)
  const paths = groups.flatMap((group) => group.paths)
  const found = new Map<string, Buffer>()
  for (const path of paths) {
    const file = await readWeightsFile(join(folder, path), FLOAT32_BYTES * topology.parameterCount)
    if (file !== undefined) found.set(path, file)
  }
  if (found.size === 0) return undefined
  const missing = paths.find((path) => !found.has(path))
  if (missing !== undefined) throw new ModelFileError(join(folder, missing), 'ENOENT')
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>()
  for (const group of groups) {
    const bytes = Buffer.concat(group.paths.map((path) => found.get(path)!))
    requireBytes(group, bytes.length)
    let at = 0
    for (const { name, shape } of group.weights) {
      const length = FLOAT32_BYTES * sizeOf(shape)
      tensors.set(name, { shape, values: new Float32Array(Uint8Array.from(bytes.subarray(at, at + length)).buffer) })
      at += length
    }
  }
  return collect(topology, tensors)
}

function readManifest(manifest: unknown): WeightGroup[] {
  if (manifest === undefined || manifest === null) return []
  if (!Array.isArray(manifest)) throw new InvalidTopologyError('its weightsManifest is not a list')
  return manifest.map((group: unknown) => {
    if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw new InvalidTopologyError('an entry of its weightsManifest has no paths or no weights')
    }
    for (const path of group.paths) {
      const isBeside = typeof path === 'string' && !/^([./\\]*\.\.|[/\\]|\w+:)/.test(normalize(path))
      if (!isBeside) throw new InvalidTopologyError('its weightsManifest has a path that leaves the folder')
    }
    return { paths: group.paths as string[], weights: group.weights.map(readWeight) }
  })
}

function readWeight(weight: unknown): WeightGroup['weights'][number] {
  if (!isObject(weight) || typeof weight.name !== 'string' || !Array.isArray(weight.shape)) {
    throw new InvalidTopologyError('a weight of its weightsManifest has no name or no shape')
  }
  const { name, shape } = weight
  if (weight.dtype !== 'float32' || weight.quantization !== undefined) {
    throw new InvalidTopologyError(`the weight ${JSON.stringify(name)} is not float32: export the model unquantised`)
  }
  if (!shape.every((side) => Number.isInteger(side) && side >= 1)) {
    throw new InvalidTopologyError(`the weight ${JSON.stringify(name)} has no valid shape`)
  }
  return { name, shape: shape as number[] }
}

async function readWeightsFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw new ModelMismatchError(`${path} has ${size} bytes, the model's weights ${maxBytes}`)
    return await readFile(path)
  } catch (error) {
    if (error instanceof ModelMismatchError) throw error
    if (codeOf(error) === 'ENOENT') return undefined
    throw new ModelFileError(path, codeOf(error), { cause: error })
  }
}

function requireBytes({ paths, weights }: WeightGroup, bytes: number): void {
  const expected = FLOAT32_BYTES * weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  if (bytes === expected) return
  throw new ModelMismatchError(`${paths.join(' and ')} have ${bytes} bytes, model.json lists ${expected} of weights`)
}

function collect(
  topology: Topology,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
): Float32Array {
  const parameters = new Float32Array(topology.parameterCount)
  for (const { name, shape, offset } of topology.weights) {
    const tensor = tensors.get(name)
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      const has = tensor === undefined ? 'none' : `[${tensor.shape.join(', ')}]`
      throw new ModelMismatchError(
        `the weights beside model.json have ${has} for ${JSON.stringify(name)}, the model needs [${shape.join(', ')}]: ` +
          'put the right files there, or remove them to start from the seed'
      )
    }
    parameters.set(tensor.values, offset)
  }
  if (parameters.every(Number.isFinite)) return parameters
  throw new ModelMismatchError('the weights beside model.json are not all finite')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
