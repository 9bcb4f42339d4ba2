import type { GraphBuilder, Value } from './graph-builder.ts'

type Activation = (graph: GraphBuilder, x: Value) => Value

const plain =
  (operator: string): Activation =>
  (graph, x) =>
    graph.apply(operator, [x])

const scalar = (graph: GraphBuilder, value: number): Value => graph.constant(Float32Array.of(value), [])

/** Activations by the names of TensorFlow.js (layers 4.22, activations.ts), each with its constants there. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: plain('Relu'),
  relu6: (graph, x) => graph.apply('Clip', [x, scalar(graph, 0), scalar(graph, 6)]),
  elu: (graph, x) => graph.apply('Elu', [x], { alpha: { float: 1 } }),
  selu: plain('Selu'),
  sigmoid: plain('Sigmoid'),
  hardSigmoid: (graph, x) => graph.apply('HardSigmoid', [x], { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  tanh: plain('Tanh'),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  softmax: (graph, x) => graph.apply('Softmax', [x], { axis: { int: -1 } }),
  logSoftmax: (graph, x) => graph.apply('LogSoftmax', [x], { axis: { int: -1 } }),
  swish: (graph, x) => graph.apply('Mul', [x, graph.apply('Sigmoid', [x])]),
  mish: (graph, x) => graph.apply('Mul', [x, graph.apply('Tanh', [graph.apply('Softplus', [x])])])
}
