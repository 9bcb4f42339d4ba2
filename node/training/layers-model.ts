import { createRandom, type Random } from '../../protocols/averaging/index.ts'
import { type Engine, startEngine } from './engines.ts'
import { InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError } from './errors.ts'
import { describeOneUnit } from './head.ts'
import {
  type DifferentiableTensorFlow,
  type Initializer,
  importLayers,
  type KerasLayer,
  type LayersApi,
  type LayersModel,
  type LayerVariable
} from './layers-api.ts'
import { requireBuildable } from './layers-model-checks.ts'
import { activationsOf, multiplicationsOf } from './layers-model-cost.ts'
import type { LossKind } from './loss.ts'
import { outputLayer, withPlainOutputs } from './model-outputs.ts'
import { drawOrthogonal } from './orthogonal.ts'
import { type JsonModel, readModel } from './read-model.ts'
import { refuse } from './refused-layers.ts'
import type { TensorFlow } from './tensorflow.ts'
import { type LayersModelTopology, placeWeights, requireAffordable, sizeOf } from './topology.ts'
import { MAX_PARAMETERS } from './topology-limits.ts'

/** Longest piece of the API's own messages that is passed on. */
const MAX_REASON_LENGTH = 160

/**
 * Reads any model that the layers API builds. What it would allocate, loop over or never train is refused before.
 * Throws InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError.
 */
export async function readLayersModel(
  json: unknown,
  loss: LossKind = 'softmax-cross-entropy'
): Promise<LayersModelTopology> {
  const written = readModel(json)
  requireBuildable(written)
  const source = withPlainOutputs(written, loss)
  const engine = await startEngine('cpu')
  const model = await buildLayersModel(engine, source)
  try {
    const inputShape = fixedShape(model.inputs, 'input')
    const output = fixedShape(model.outputs, 'output')
    requireOutputs(source, output, loss)
    const weights = placeWeights(
      distinct(model.trainableWeights.map((w) => ({ name: w.originalName, shape: w.shape })))
    )
    return requireAffordable({
      type: 'layers-model' as const,
      model: source,
      loss,
      inputShape,
      inputs: sizeOf(inputShape),
      outputs: output[0]!,
      ...weights,
      activationsPerRow: activationsOf(model),
      multiplicationsPerRow: multiplicationsOf(model)
    })
  } finally {
    engine.run(() => disposeLayersModel(model))
  }
}

/** As many outputs as the loss can use: two classes at least, or one number. */
function requireOutputs(model: JsonModel, output: readonly number[], loss: LossKind): void {
  const [outputs, ...others] = output
  if (others.length > 0) {
    const expected = loss === 'mean-squared-error' ? 'one number' : 'one value for each class'
    throw new InvalidTopologyError(`a row becomes [${output.join(', ')}], expected ${expected}`)
  }
  if (loss === 'mean-squared-error' && outputs !== 1) refuse(outputLayer(model), describeOneUnit(outputs!))
  if (loss === 'softmax-cross-entropy' && outputs! < 2) {
    refuse(
      outputLayer(model),
      'to tell classes the last layer must have the activation softmax and at least 2 units, not 1'
    )
  }
}

/** Weights as the layers' own initialisers draw them, from streams of the seed's; shape [parameterCount]. */
export async function drawLayersModelWeights(topology: LayersModelTopology, seed: number): Promise<Float32Array> {
  const engine = await startEngine('cpu')
  const model = await buildLayersModel(engine, topology.model, createRandom(seed))
  const parameters = new Float32Array(topology.parameterCount)
  engine.run(() => {
    for (const [i, { val }] of model.trainableWeights.entries())
      parameters.set(val.dataSync(), topology.weights[i]!.offset)
    disposeLayersModel(model)
  })
  return parameters
}

/** The API's own `dispose` leaves out the weights of models inside the model. All weights are trainable here. */
export function disposeLayersModel(model: LayersModel): void {
  for (const { val } of model.trainableWeights) val.dispose()
}

/**
 * Builds the model with weights of zeros, or with drawn ones. Throws TopologyTooLargeError before it allocates too many,
 * InvalidTopologyError with the API's own words.
 */
export async function buildLayersModel(engine: Engine, source: JsonModel, random?: Random): Promise<LayersModel> {
  const api = await importLayers()
  // The API writes into what it reads; unrolled loops are not its own, and it warns at every call.
  const config: unknown = JSON.parse(JSON.stringify(source.config), (key, value) => (key === 'unroll' ? false : value))
  let building: Promise<LayersModel> | undefined
  const watch = watchWeights(api, engine, random)
  try {
    engine.run(() => {
      // All work happens before the first await in there, so the watch ends in time.
      building = api.models.modelFromJSON({ modelTopology: { class_name: source.className, config } })
    })
  } finally {
    watch.end()
  }
  let model: LayersModel | undefined
  try {
    model = await building!
    return model
  } catch (error) {
    throw explain(error, source)
  } finally {
    // Layers that lead to no output are built too.
    const used = new Set(model?.trainableWeights)
    engine.run(() => {
      for (const weight of watch.made) if (!used.has(weight)) weight.val.dispose()
    })
  }
}

interface Watch {
  readonly made: readonly LayerVariable[]
  end(): void
}

/** Has every weight counted, and seeded or zero, before it is allocated. */
function watchWeights({ layers }: LayersApi, { tf }: Engine, random?: Random): Watch {
  const { prototype } = layers.Layer
  const { addWeight } = prototype
  const made: LayerVariable[] = []
  let total = 0
  prototype.addWeight = function (name, shape, dtype, initializer, regularizer, trainable, ...others) {
    if (trainable === false) {
      throw new UnsupportedLayerError(this.name, this.getClassName(), 'it has weights that gradients do not train')
    }
    requireSides(shape, this)
    total += sizeOf(shape)
    if (total > MAX_PARAMETERS) throw new TopologyTooLargeError('parameters', total, MAX_PARAMETERS)
    const zeros = { apply: (sides: readonly number[]) => (tf as DifferentiableTensorFlow).zeros(sides) }
    const drawn = random === undefined ? zeros : seeded(initializer, tf, random.fork(made.length))
    const weight = addWeight.call(this, name, shape, dtype, drawn, regularizer, trainable, ...others)
    made.push(weight)
    return weight
  }
  const end = (): void => {
    prototype.addWeight = addWeight
  }
  return { made, end }
}

function requireSides(shape: readonly number[], layer: KerasLayer): void {
  if (shape.every((side) => Number.isInteger(side) && side >= 1)) return
  throw new InvalidTopologyError(`a weight of a ${layer.getClassName()} would have the shape [${shape.join(', ')}]`)
}

function seeded(initializer: Initializer, tf: TensorFlow, random: Random): Initializer {
  if (initializer.getClassName?.() === 'Orthogonal') {
    const { gain = 1 } = initializer
    const draw = (rows: number, columns: number) => drawOrthogonal(rows, columns, gain, random)
    return { apply: (shape) => tf.tensor(draw(sizeOf(shape.slice(0, -1)), shape.at(-1)!), shape) }
  }
  // 0 would mean an arbitrary seed.
  initializer.seed = 1 + Math.floor(random.next() * 0x7fff_fffe)
  return initializer
}

function fixedShape(tensors: LayersModel['inputs'], what: string): readonly number[] {
  if (tensors.length !== 1) throw new InvalidTopologyError(`it has ${tensors.length} ${what}s, expected one`)
  const [rows, ...shape] = tensors[0]!.shape
  if (rows !== null || shape.length === 0 || shape.some((side) => side === null || !(side >= 1))) {
    throw new InvalidTopologyError(`its ${what} has the shape [${tensors[0]!.shape.join(', ')}], expected fixed sides`)
  }
  return shape as number[]
}

/** Wrappers may name the weights of two layers alike. */
function distinct<T extends { readonly name: string }>(weights: readonly T[]): T[] {
  const seen = new Map<string, number>()
  return weights.map((weight) => {
    const times = seen.get(weight.name) ?? 0
    seen.set(weight.name, times + 1)
    return times === 0 ? weight : { ...weight, name: `${weight.name}_${times}` }
  })
}

/** Our own errors as they are, the API's in one line without the characters that drive a terminal. */
function explain(error: unknown, { layers }: JsonModel): unknown {
  if (error instanceof Error && 'code' in error) return error
  const message = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown layer: (\w+)/.exec(message)?.[1]
  if (unknown !== undefined) {
    const name = layers.find(({ className }) => className === unknown)?.name ?? unknown
    return new UnsupportedLayerError(name, unknown, 'TensorFlow.js has no such layer')
  }
  const reason = message.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_REASON_LENGTH)
  return new InvalidTopologyError(`TensorFlow.js says: ${reason}`, { cause: error })
}
