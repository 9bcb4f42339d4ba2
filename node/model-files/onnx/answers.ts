import type { ClassificationTask, RegressionTask, TaskSchema } from '../../data/index.ts'
import type { GraphBuilder, Value } from './graph-builder.ts'

/**
 * What the model's outputs mean, as results of the graph. `outputs`: logits [rows, classes], or encoded numbers
 * [rows, 1]. A classification gives `label`, the most probable class's name [rows], and `probabilities` [rows, classes];
 * a regression gives `value` [rows] in the label's own unit.
 */
export function addAnswers(graph: GraphBuilder, task: TaskSchema, outputs: Value): void {
  graph.enter('answer')
  if (task.kind === 'classification') addClasses(graph, task, outputs)
  else addValue(graph, task, outputs)
}

function addClasses(graph: GraphBuilder, { classes }: ClassificationTask, logits: Value): void {
  const probabilities = graph.apply('Softmax', [logits], { axis: { int: 1 } })
  const best = graph.apply('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } })
  const label = graph.apply('Gather', [graph.constant(classes), best])
  graph.output('label', label, 'string', [])
  graph.output('probabilities', probabilities, 'float', [classes.length])
}

/** In float64, for a number far from zero in its scale would lose what the model learnt. */
function addValue(graph: GraphBuilder, { target }: RegressionTask, encoded: Value): void {
  const flat = graph.apply('Reshape', [encoded, graph.integers(-1)])
  const wide = graph.apply('Cast', [flat], { to: { int: 11 } })
  const scaled = graph.apply('Mul', [wide, graph.constant(Float64Array.of(target.scale))])
  const value = graph.apply('Add', [scaled, graph.constant(Float64Array.of(target.centre))])
  graph.output('value', value, 'double', [])
}
