import { inputShape, outputCount, type TaskSchema } from '../../../../node/data/index.ts'
import type { PortableModel } from '../../../../node/model-files/index.ts'
import {
  buildTopology,
  createLoss,
  decodeTopology,
  drawInitialWeights,
  encodeModelJson
} from '../../../../node/training/index.ts'

/** Numbers near and far from zero, and categories. */
export const TABLE_TASK: TaskSchema = {
  kind: 'classification',
  label: 'species',
  columns: [
    { name: 'wing', kind: 'number', centre: 12, scale: 2.5 },
    { name: 'place', kind: 'category', values: ['Oslo', 'Rome'] },
    { name: 'year', kind: 'number', centre: 2012, scale: 10 }
  ],
  classes: ['finch', 'wren', 'starling']
}

export const IMAGE_TASK: TaskSchema = {
  kind: 'classification',
  label: 'label',
  columns: [{ name: 'image', kind: 'tensor', shape: [8, 8, 1], centre: 100, scale: 60 }],
  classes: ['a', 'b']
}

export const NUMBER_TASK: TaskSchema = {
  kind: 'regression',
  label: 'rent',
  columns: [{ name: 'rooms', kind: 'number', centre: 3, scale: 1.5 }],
  target: { centre: 800, scale: 300 }
}

/** `spec`: as `--model` takes it, or a model.json of the user's own. */
export async function sampleModel(task: TaskSchema, spec: string | object): Promise<PortableModel> {
  const { kind } = createLoss(task)
  const json = typeof spec === 'string' ? buildTopology(spec, inputShape(task), outputCount(task), kind) : spec
  const modelJson = encodeModelJson(json)
  const topology = await decodeTopology(modelJson, kind)
  const weights = await drawInitialWeights(topology, 3)
  return { task, topology, modelJson, weights, origin: { run: 'bafyrun', checkpoint: 'bafycheckpoint', round: 7 } }
}

/** A stack of layers as Keras serialises it. */
export function sequential(
  inputs: number,
  ...layers: readonly (readonly [className: string, config: object])[]
): object {
  const named = layers.map(([className, config], at) => {
    const input = at === 0 ? { batch_input_shape: [null, inputs] } : {}
    return { class_name: className, config: { name: `layer_${at}`, ...input, ...config } }
  })
  return { modelTopology: { class_name: 'Sequential', config: { name: 'own', layers: named } } }
}
