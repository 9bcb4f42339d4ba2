import { readFile, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import type { Tensor } from '../../storage/formats/index.ts'
import { InvalidTopologyError, ModelFileError, ModelMismatchError } from './errors.ts'
import { isObject } from './read-model.ts'
import { sizeOf } from './topology.ts'

const FLOAT32_BYTES = 4

/** One entry of a weights manifest: files that hold these weights one behind the other. */
interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[]
}

/**
 * Reads the weights that a `weightsManifest` of TensorFlow.js names, out of `folder`, where no file may be larger than
 * `parameterCount` float32 values. Undefined where no file of the manifest is there. Throws InvalidTopologyError,
 * ModelFileError, ModelMismatchError.
 */
export async function readManifestTensors(
  folder: string,
  manifest: unknown,
  parameterCount: number
): Promise<Tensor[] | undefined> {
  const groups = readManifest(manifest)
  const paths = groups.flatMap((group) => group.paths)
  const found = new Map<string, Buffer>()
  for (const path of paths) {
    const file = await readWeightsFile(join(folder, path), FLOAT32_BYTES * parameterCount)
    if (file !== undefined) found.set(path, file)
  }
  if (found.size === 0) return undefined
  const missing = paths.find((path) => !found.has(path))
  if (missing !== undefined) throw new ModelFileError(join(folder, missing), 'ENOENT')
  requireTotal(groups, found, FLOAT32_BYTES * parameterCount)
  return groups.flatMap((group) => {
    const bytes = Buffer.concat(group.paths.map((path) => found.get(path)!))
    requireBytes(group, bytes.length)
    return tensorsOf(group, bytes)
  })
}

/** A manifest can name one file many times over. Throws ModelMismatchError. */
function requireTotal(groups: readonly WeightGroup[], found: ReadonlyMap<string, Buffer>, maxBytes: number): void {
  const paths = groups.flatMap((group) => group.paths)
  const total = paths.reduce((sum, path) => sum + found.get(path)!.length, 0)
  if (total <= maxBytes) return
  throw new ModelMismatchError(`the files that model.json lists have ${total} bytes, the model's weights ${maxBytes}`)
}

function tensorsOf({ weights }: WeightGroup, bytes: Buffer): Tensor[] {
  let at = 0
  return weights.map(({ name, shape }) => {
    const length = FLOAT32_BYTES * sizeOf(shape)
    const data = new Float32Array(Uint8Array.from(bytes.subarray(at, at + length)).buffer)
    at += length
    return { name, shape, data }
  })
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
