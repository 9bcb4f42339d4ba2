import type { Dataset } from '../../../../node/data/index.ts'
import type { DenseLayer, StackTopology } from '../../../../node/training/index.ts'

/** The textbook formulas, one row and one number at a time in float64: slow, short, and written without an engine. */
export interface OracleResult {
  /** Shape [count, outputs]: probabilities of classes, or numbers. */
  readonly predictions: Float64Array
  /** Mean cross-entropy in nats, or mean squared error where the last layer is no softmax. */
  readonly loss: number
  /** Fraction of rows whose largest output is that of their label. */
  readonly accuracy: number
  /** Of the mean loss; shape [parameterCount]. */
  readonly gradient: Float64Array
}

/**
 * `passesCutRelu` gives relu the gradient of the identity, `halvesError` gives the squared error the gradient of its half:
 * the wrong variants that tests of the gradient must reject.
 */
export function denseOracle(
  topology: StackTopology,
  parameters: ArrayLike<number>,
  { features, labels, count }: Dataset,
  { passesCutRelu = false, halvesError = false } = {}
): OracleResult {
  const gradient = new Float64Array(topology.parameterCount)
  const predictions = new Float64Array(count * topology.outputs)
  const isClassifier = denseLayers(topology).at(-1)!.activation === 'softmax'
  let loss = 0
  let correct = 0
  for (let row = 0; row < count; row++) {
    const input = Array.from(features.subarray(row * topology.inputs, (row + 1) * topology.inputs))
    const activations = forward(topology, parameters, input)
    const output = activations.at(-1)!
    const label = labels[row]!
    predictions.set(output, row * topology.outputs)
    loss += (isClassifier ? -Math.log(output[label]!) : (output[0]! - label) ** 2) / count
    if (output.indexOf(Math.max(...output)) === label) correct++
    const delta = isClassifier
      ? output.map((p, i) => (p - (i === label ? 1 : 0)) / count)
      : [((halvesError ? 1 : 2) * (output[0]! - label)) / count]
    backward(topology, parameters, activations, delta, gradient, passesCutRelu)
  }
  return { predictions, loss, accuracy: correct / count, gradient }
}

function forward(topology: StackTopology, parameters: ArrayLike<number>, input: number[]): number[][] {
  const activations = [input]
  let offset = 0
  for (const { inputs, units, useBias, activation } of denseLayers(topology)) {
    const x = activations.at(-1)!
    const z = Array.from({ length: units }, (_, unit) => {
      let sum = useBias ? parameters[offset + inputs * units + unit]! : 0
      for (let i = 0; i < inputs; i++) sum += x[i]! * parameters[offset + i * units + unit]!
      return sum
    })
    activations.push(activate(z, activation))
    offset += inputs * units + (useBias ? units : 0)
  }
  return activations
}

function activate(z: number[], activation: string): number[] {
  if (activation === 'relu') return z.map((value) => Math.max(0, value))
  if (activation === 'linear') return z
  const sum = z.reduce((total, value) => total + Math.exp(value), 0)
  return z.map((value) => Math.exp(value) / sum)
}

function backward(
  topology: StackTopology,
  parameters: ArrayLike<number>,
  activations: readonly number[][],
  outputDelta: number[],
  gradient: Float64Array,
  passesCutRelu: boolean
): void {
  let delta = outputDelta
  const layers = denseLayers(topology)
  let offset = topology.parameterCount
  for (const [index, { inputs, units, useBias }] of [...layers.entries()].reverse()) {
    const x = activations[index]!
    offset -= inputs * units + (useBias ? units : 0)
    const next = x.map(() => 0)
    for (let unit = 0; unit < units; unit++) {
      if (useBias) gradient[offset + inputs * units + unit]! += delta[unit]!
      for (let i = 0; i < inputs; i++) {
        gradient[offset + i * units + unit]! += x[i]! * delta[unit]!
        next[i]! += parameters[offset + i * units + unit]! * delta[unit]!
      }
    }
    const isCut = index > 0 && layers[index - 1]!.activation === 'relu' && !passesCutRelu
    delta = isCut ? next.map((value, i) => (x[i]! > 0 ? value : 0)) : next
  }
}

function denseLayers({ layers }: StackTopology): DenseLayer[] {
  return layers.filter((layer) => layer.type === 'dense')
}
