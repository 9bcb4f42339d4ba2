import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { encodeManifest, manifestCid, parseManifest, type RunManifest } from '../../protocols/envelope/index.ts'
import { decodeSafetensors, encodeSafetensors, type Storage } from '../../storage/index.ts'
import { featureCount, outputCount } from '../data/schema.ts'
import { decodeTopology, type ParameterLayout, SharedPart, type Topology } from '../training/index.ts'
import { hashOf, localLayersOf } from '../vectors/index.ts'

/** Room in a safetensors file beside its numbers: one header entry a tensor. */
const SAFETENSORS_HEADER_BYTES = 64 * 1024

/** A run as every peer needs it: the manifest with what it links to, checked against each other. */
export interface RunFiles {
  readonly id: CID
  readonly manifest: RunManifest
  readonly manifestBytes: Uint8Array
  readonly modelJson: Uint8Array
  readonly topology: Topology
  /** The part of the model that peers share: all of it, unless the manifest names local layers. */
  readonly shared: SharedPart
  /** Of the whole model, shape [N]. */
  readonly initial: Float32Array
}

/** The run's parts do not fit each other: its creator is at fault. */
export class InconsistentRunError extends Error {
  override readonly name = 'InconsistentRunError'
  readonly code = 'ERR_INCONSISTENT_RUN'
}

/** Weights as a safetensors file: one tensor for each weight of a model, or of its shared part. `parameters`: shape [n]. */
export function encodeWeights(layout: ParameterLayout, parameters: Float32Array): Uint8Array {
  return encodeSafetensors(
    layout.weights.map(({ name, shape, offset }) => ({
      name,
      shape,
      data: parameters.subarray(offset, offset + shape.reduce((size, side) => size * side, 1))
    }))
  )
}

/** Reads weights back, shape [n]. Throws SafetensorsError, InconsistentRunError. */
export function decodeWeights(layout: ParameterLayout, file: Uint8Array): Float32Array {
  const tensors = new Map(decodeSafetensors(file).map((tensor) => [tensor.name, tensor]))
  const parameters = new Float32Array(layout.parameterCount)
  for (const { name, shape, offset } of layout.weights) {
    const tensor = tensors.get(name)
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new InconsistentRunError(
        `weights have ${tensor === undefined ? 'no tensor' : `shape [${tensor.shape.join(', ')}] for`} ${name}, ` +
          `the model needs [${shape.join(', ')}]`
      )
    }
    parameters.set(tensor.data, offset)
  }
  return parameters
}

/** Largest weights file that a model of this size can have. */
export function weightsFileBytes(parameterCount: number): number {
  return 4 * parameterCount + SAFETENSORS_HEADER_BYTES
}

/**
 * Stores the parts of a new run and keeps them. Throws InvalidRecordError for a plan that contradicts itself,
 * LocalLayersError for one that contradicts the model.
 */
export async function writeRunFiles(
  storage: Storage,
  modelJson: Uint8Array,
  initial: Float32Array,
  plan: Omit<RunManifest, 'v' | 'model' | 'initial' | 'initialHash' | 'parameterCount'>
): Promise<RunFiles> {
  const topology = await decodeTopology(modelJson, plan.training.loss)
  const shared = new SharedPart(topology, localLayersOf(plan))
  const model = await storage.putBlock(CID.createV1(raw.code, await sha256.digest(modelJson)), modelJson)
  const weights = await storage.putFile(encodeWeights(topology, initial))
  const manifest: RunManifest = {
    v: 1,
    ...plan,
    model,
    initial: weights,
    initialHash: hashOf(shared.take(initial)),
    parameterCount: shared.layout.parameterCount
  }
  const manifestBytes = encodeManifest(manifest)
  const id = await storage.putDagCbor(manifestBytes)
  const details = {
    kind: 'run',
    by: 'user',
    run: id.toString(),
    createdAt: manifest.createdAt,
    name: manifest.name
  } as const
  await storage.pins.keep(id, details)
  return { id, manifest, manifestBytes, modelJson, topology, shared, initial }
}

export interface ReadRunOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly keep?: boolean
  /** Called before anything that is as long as the model is fetched; what it throws ends the reading. */
  readonly accept?: (manifest: RunManifest) => Promise<void>
}

/**
 * Fetches a run's parts, from here or from peers, keeps them and checks them against each other.
 * Throws DeadlineError when nobody provides them, InvalidRecordError, InconsistentRunError.
 */
export async function readRunFiles(storage: Storage, id: CID, options: ReadRunOptions = {}): Promise<RunFiles> {
  const manifestBytes = await storage.getBlock(id, options)
  const manifest = parseManifest(manifestBytes)
  if (!manifestCid(manifestBytes).equals(id)) throw new InconsistentRunError(`run ${id} is not the CID of its manifest`)
  await options.accept?.(manifest)
  const modelJson = await storage.getBlock(manifest.model, options)
  const topology = await decodeTopology(modelJson, manifest.training.loss)
  const shared = new SharedPart(topology, localLayersOf(manifest))
  if (shared.layout.parameterCount !== manifest.parameterCount) {
    throw new InconsistentRunError(
      `run ${id} says ${manifest.parameterCount} parameters, its model has ${shared.layout.parameterCount} to share`
    )
  }
  const [inputs, outputs] = [featureCount(manifest.task), outputCount(manifest.task)]
  if (topology.inputs !== inputs || topology.outputs !== outputs) {
    throw new InconsistentRunError(
      `run ${id} has a model of ${topology.inputs} inputs and ${topology.outputs} outputs, its task needs ${inputs} and ` +
        `${outputs}: ask its creator for another run`
    )
  }
  const maxBytes = weightsFileBytes(topology.parameterCount)
  const initial = decodeWeights(topology, await storage.getFile(manifest.initial, { ...options, maxBytes }))
  if (!Buffer.from(hashOf(shared.take(initial))).equals(manifest.initialHash)) {
    throw new InconsistentRunError(`run ${id} has initial weights that do not match its initialHash`)
  }
  if (options.keep !== false) {
    const details = {
      kind: 'run',
      by: 'policy',
      run: id.toString(),
      createdAt: Date.now(),
      name: manifest.name
    } as const
    await storage.pins.keep(id, details, options)
  }
  return { id, manifest, manifestBytes, modelJson, topology, shared, initial }
}
