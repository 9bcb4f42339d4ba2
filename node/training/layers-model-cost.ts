import type { KerasLayer, LayersModel } from './layers-api.ts'

/** A recurrent layer keeps its gates at every step: four of an LSTM, before and after their activation, and sums. */
const RECURRENT_VALUES = 16

/** About how many values one row becomes in all layers together. */
export function activationsOf({ layers }: LayersModel): number {
  return sumOver(layers, ({ outputs, steps, isRecurrent }) => {
    return isRecurrent ? steps * (outputs.at(-1) ?? 1) * RECURRENT_VALUES : product(outputs)
  })
}

/** About how many multiplications one row takes: every weight once at each place of the input or output. */
export function multiplicationsOf({ layers }: LayersModel): number {
  return sumOver(layers, ({ layer, outputs, steps }) => {
    return layer.countParams() * Math.max(steps, product(outputs.slice(0, -1)))
  })
}

interface Use {
  readonly layer: KerasLayer
  /** Shape of a row's output. */
  readonly outputs: readonly number[]
  /** Places of a row's input: pixels of an image, steps of a sequence. */
  readonly steps: number
  readonly isRecurrent: boolean
}

/** Over every use of every layer, those of models inside the model included. */
function sumOver(layers: readonly KerasLayer[], cost: (use: Use) => number): number {
  let sum = 0
  for (const layer of layers) {
    if (layer.layers !== undefined) sum += sumOver(layer.layers, cost)
    const isRecurrent = /RNN|LSTM|GRU|Bidirectional/.test(layer.getClassName())
    for (const { inputShapes, outputShapes } of layer.inboundNodes) {
      const outputs = rowShape(outputShapes)
      const steps = product(rowShape(inputShapes).slice(0, -1))
      sum += cost({ layer, outputs, steps, isRecurrent })
    }
  }
  return sum
}

/** The first of several shapes, without the batch. */
function rowShape(shapes: readonly unknown[]): number[] {
  const shape = Array.isArray(shapes[0]) ? (shapes[0] as unknown[]) : shapes
  return shape.slice(1).map((side) => (typeof side === 'number' ? side : 1))
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1)
}
