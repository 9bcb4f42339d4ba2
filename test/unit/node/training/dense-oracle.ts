import type { Dataset } from '../../../../node/data/index.ts'
import type { DenseLayer, StackTopology } from '../../../../node/training/index.ts'

/** The textbook formulas, one row and one number at a time in float64: slow, short, and written without an engine. */
export interface OracleResult {
  /** Shape [count, classes]. */
  readonly probabilities: Float64Array
  /** Mean cross-entropy in nats. */
  readonly loss: number
  readonly accuracy: number
  /** Of the mean loss; shape [parameterCount]. */
  readonly gradient: Float64Array
}

/** `passesCutRelu` gives relu the gradient of the identity: the wrong variant that tests of the gradient must reject. */
export function denseOracle(
  topology: StackTopology,
  parameters: ArrayLike<number>,
  { features, labels, count }: Dataset,
  { passesCutRelu = false } = {}
): OracleResult {
  const gradient = new Float64Array(topology.parameterCount)
  const probabilities = new Float64Array(count * topology.outputs)
  let loss = 0
  let correct = 0
  for (let row = 0; row < count; row++) {
    const input = Array.from(features.subarray(row * topology.inputs, (row + 1) * topology.inputs))
    const activations = forward(topology, parameters, input)
    const output = activations.at(-1)!
    const label = labels[row]!
    probabilities.set(output, row * topology.outputs)
    loss -= Math.log(output[label]!) / count
    if (output.indexOf(Math.max(...output)) === label) correct++
    const delta = output.map((p, i) => (p - (i === label ? 1 : 0)) / count)
    backward(topology, parameters, activations, delta, gradient, passesCutRelu)
  }
  return { probabilities, loss, accuracy: correct / count, gradient }
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
