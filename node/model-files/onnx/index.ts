/**
 * A model as an ONNX graph that is useful alone: raw columns in, class names and probabilities or a number out.
 *
 * ```ts
 * const bytes = encodeOnnx(modelGraph(model), {})
 * ```
 */
import type { OnnxGraph } from '../../../storage/formats/index.ts'
import { createLoss, parseJson, readModel, withPlainOutputs } from '../../training/index.ts'
import { type PortableModel, tensorsOf } from '../portable-model.ts'
import { addAnswers } from './answers.ts'
import { encodeColumns } from './encode-columns.ts'
import { GraphBuilder, type Value } from './graph-builder.ts'
import type { LayerWeight } from './layer-call.ts'
import { addLayer } from './layers.ts'
import { walkModel } from './walk-model.ts'

export { isInternal } from './graph-builder.ts'

/** Throws NotExportableError for a layer that ONNX or this program does not know, by its name. */
export function modelGraph(model: PortableModel): OnnxGraph {
  const { task, topology } = model
  const graph = new GraphBuilder()
  const features = encodeColumns(graph, task)
  const weights = addWeights(graph, model)
  const { className, config } = withPlainOutputs(readModel(parseJson(model.modelJson)), createLoss(task).kind)
  const source = readModel({ class_name: className, config })
  graph.enter('input')
  const rows = graph.apply('Reshape', [features, graph.integers(0, ...topology.inputShape)])
  const outputs = walkModel(source, rows, (layer, inputs) => {
    graph.enter(layer.name)
    return addLayer({ graph, layer, inputs, weight: (name) => weights.get(`${layer.name}/${name}`) })
  })
  addAnswers(graph, task, outputs)
  return graph.build('starling', describe(model))
}

function addWeights(graph: GraphBuilder, model: PortableModel): ReadonlyMap<string, LayerWeight> {
  return new Map(
    tensorsOf(model).map(({ name, shape, data }) => [name, { value: graph.weight(name, shape, data) as Value, shape }])
  )
}

/** For people who look into the file. */
function describe({ task, origin }: PortableModel): string {
  const from = origin.checkpoint === undefined ? '' : `, checkpoint ${origin.checkpoint}`
  return `Predicts ${JSON.stringify(task.label)} from raw columns${from}`
}
