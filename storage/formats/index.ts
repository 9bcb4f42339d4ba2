/**
 * Formats of weights and models as bytes: safetensors, which the store itself keeps, and those that other tools read.
 * Nothing here knows Helia, homes or TensorFlow.
 *
 * ```ts
 * import { decodeDescribedSafetensors, encodeSafetensors } from './storage/formats/index.ts'
 *
 * const tensor = { name: 'dense/kernel', shape: [2], data: new Float32Array([1, 2]) }
 * const file = encodeSafetensors([tensor], { author: 'somebody' })
 * decodeDescribedSafetensors(file).metadata // { author: 'somebody' }
 * ```
 */
export { encodeNpy, encodeNpz, type NpzMember, npyMember } from './npz.ts'
export {
  decodeOnnx,
  encodeOnnx,
  type OnnxAttribute,
  type OnnxConstant,
  type OnnxContents,
  type OnnxElement,
  OnnxError,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue
} from './onnx.ts'
export {
  type DescribedTensors,
  decodeDescribedSafetensors,
  encodeSafetensors,
  SafetensorsError
} from './safetensors.ts'
export type { Tensor } from './tensor.ts'
export { encodeTfjs, MAX_SHARD_BYTES, type NamedFile } from './tfjs.ts'
