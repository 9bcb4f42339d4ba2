/**
 * Models as files that are useful alone: weights, what computes them, and how rows get in and answers out.
 *
 * ```ts
 * const format = await formatNamed('onnx')
 * await writeModelFile(format, model, 'model.onnx', { force: false })
 * const { task, topology, weights } = await openModelFile('model.onnx')
 * ```
 */
export * from './errors.ts'
export { formatNamed, isModelFile, MODEL_ENDINGS, MODEL_FORMATS } from './formats.ts'
export { type ModelCard, ModelCardError, type ModelOrigin } from './model-card.ts'
export type { ModelFileContents, ModelFormat } from './model-format.ts'
export { assembleModel, modelTopologyOf, type PortableModel, tensorsOf } from './portable-model.ts'
export { openModelFile, readModelFile } from './read-model-file.ts'
export { requireEnding, requireFree, type WrittenFile, writeModelFile } from './write-model-file.ts'
