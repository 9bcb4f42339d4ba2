/** Small models that have learnt something, made without a run: what is exported is what a checkpoint would hold. */
import {
  encodeTable,
  inferSchema,
  inputShape,
  outputCount,
  type Table,
  type TaskSchema
} from '../../../node/data/index.ts'
import type { PortableModel } from '../../../node/model-files/index.ts'
import {
  buildTopology,
  createLoss,
  createPredictor,
  createTrainer,
  decodeTopology,
  drawInitialWeights,
  encodeModelJson,
  startEngine
} from '../../../node/training/index.ts'

/** Enough for outputs that are far from even. */
const STEPS = 150

export interface Trained {
  readonly model: PortableModel
  /** What the program itself says: probabilities [rows, classes], or encoded numbers [rows]. */
  predict(table: Table): Promise<Float32Array>
}

/** `spec`: as `--model` takes it, or the layers of a model of the user's own. */
export async function trainModel(
  table: Table,
  label: string,
  spec: string | object,
  task?: TaskSchema['kind']
): Promise<Trained> {
  const schema = inferSchema([table], { label, ...(task === undefined ? {} : { task }) })
  const loss = createLoss(schema)
  const json = typeof spec === 'string' ? buildTopology(spec, inputShape(schema), outputCount(schema), loss.kind) : spec
  const modelJson = encodeModelJson(json)
  const topology = await decodeTopology(modelJson, loss.kind)
  const weights = await drawInitialWeights(topology, 7)
  const training = encodeTable(table, schema)
  const engine = await startEngine()
  const trainer = await createTrainer({
    topology,
    loss,
    training,
    batch: 32,
    learningRate: 0.002,
    optimiser: 'adam',
    engine
  })
  await trainer.train(weights, STEPS, { seed: 1 })
  await trainer.close()
  const model = { task: schema, topology, modelJson, weights, origin: {} }
  return { model, predict: (rows) => predictWith(model, rows) }
}

async function predictWith({ task, topology, weights }: PortableModel, table: Table): Promise<Float32Array> {
  const rows = encodeTable(table, task)
  const predictor = await createPredictor(topology, createLoss(task))
  const outputs = await predictor.predict(weights, { values: rows.features, count: rows.count })
  await predictor.close()
  return outputs
}

/** A model.json of layers one after the other; the first one says what a row is. */
export function sequential(...layers: readonly (readonly [className: string, config: object])[]): object {
  const named = layers.map(([className, config], at) => {
    return { class_name: className, config: { name: `${className.toLowerCase()}_${at}`, ...config } }
  })
  return { modelTopology: { class_name: 'Sequential', config: { name: 'own', layers: named } } }
}

type LayerOf = readonly [className: string, config: object, ...inputs: readonly string[]]

/**
 * A functional model of one input called `input`; the last layer is its output. Inputs are `layer` or `layer:use`, and
 * `|` begins another use of the same layer.
 */
export function functional(width: number, layers: Readonly<Record<string, LayerOf>>): object {
  const reference = (text: string) => {
    const [name, use = '0'] = text.split(':')
    return [name, Number(use), 0, {}]
  }
  const entries = Object.entries(layers).map(([name, [className, config, ...inputs]]) => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: inputs
      .join(' ')
      .split('|')
      .map((use) => use.trim().split(' ').map(reference))
  }))
  const input = {
    class_name: 'InputLayer',
    name: 'input',
    config: { name: 'input', batch_input_shape: [null, width], dtype: 'float32', sparse: false },
    inbound_nodes: []
  }
  const last = Object.keys(layers).at(-1)!
  const output = entries.at(-1)!.inbound_nodes.length - 1
  return {
    modelTopology: {
      class_name: 'Model',
      config: {
        name: 'own',
        layers: [input, ...entries],
        input_layers: [['input', 0, 0]],
        output_layers: [[last, output, 0]]
      }
    }
  }
}
