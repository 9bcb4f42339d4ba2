import { concat } from 'uint8arrays/concat'
import { littleEndian } from './little-endian.ts'
import type { Tensor } from './tensor.ts'

/** What the converters of TensorFlow.js cut weights into, so that browsers cache and fetch the parts on their own. */
export const MAX_SHARD_BYTES = 4 * 1024 * 1024

/** A file with a name of its own, relative to the folder that it goes into. */
export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A layers model as `tf.loadLayersModel` reads it, but for its weights. */
export interface TfjsModel {
  /** Class and configuration, as Keras serialises them. */
  readonly modelTopology: object
  /** In the manifest's order, by the names that the layers give them. */
  readonly tensors: readonly Tensor[]
  /** Free for the author: TensorFlow.js keeps it and does not look at it. */
  readonly userDefinedMetadata: object
}

/**
 * The files of a TensorFlow.js layers model: the shards of the weights, at most 4 MiB each, and at last the
 * `model.json` that names them. `name`: that of the `model.json`; the shards are called after it, so that several models
 * can lie in one folder.
 */
export function encodeTfjs({ modelTopology, tensors, userDefinedMetadata }: TfjsModel, name: string): NamedFile[] {
  const stem = name.replace(/\.json$/, '')
  const weights = concat(tensors.map(({ data }) => littleEndian(data)))
  const count = Math.max(1, Math.ceil(weights.byteLength / MAX_SHARD_BYTES))
  const shards = Array.from({ length: count }, (_, index) => ({
    name: `${stem}-shard${index + 1}of${count}.bin`,
    bytes: weights.subarray(index * MAX_SHARD_BYTES, (index + 1) * MAX_SHARD_BYTES)
  }))
  const manifest = {
    paths: shards.map((shard) => shard.name),
    weights: tensors.map((tensor) => ({ name: tensor.name, shape: tensor.shape, dtype: 'float32' }))
  }
  const json = {
    format: 'layers-model',
    generatedBy: 'starling',
    convertedBy: null,
    modelTopology,
    weightsManifest: [manifest],
    userDefinedMetadata
  }
  return [...shards, { name, bytes: new TextEncoder().encode(JSON.stringify(json)) }]
}
