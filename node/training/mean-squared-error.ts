import type { Labels } from '../data/index.ts'
import { TrainerArgumentError } from './errors.ts'
import type { Loss } from './loss.ts'

/**
 * The mean over rows of (output - label)^2, both encoded, for a model with one output. `scale`: one unit of encoded
 * labels in the label's own unit, in which the root of the mean squared error is told.
 */
export function meanSquaredError(scale: number): Loss {
  return {
    kind: 'mean-squared-error',
    requireLabels: (split, labels) => {
      const bad = labels.find((label) => !Number.isFinite(label))
      if (bad !== undefined) throw new TrainerArgumentError(`a label of ${split}`, bad, 'a finite number')
    },
    replaceByGradient,
    // A regression's outputs are what it predicts.
    predictInPlace: () => {},
    createMeter: () => {
      let n = 0
      let sum = 0
      return {
        add: (outputs, labels) => {
          n += labels.length
          sum += squaredErrorSum(outputs, labels)
        },
        get metrics() {
          return { n, loss: sum / n, rmse: scale * Math.sqrt(sum / n) }
        }
      }
    }
  }
}

function squaredErrorSum(outputs: Float32Array, labels: Labels): number {
  let sum = 0
  for (const [row, label] of labels.entries()) sum += (outputs[row]! - label) ** 2
  return sum
}

/** 2 (output - label) / rows. */
function replaceByGradient(outputs: Float32Array, labels: Labels): number {
  const mean = squaredErrorSum(outputs, labels) / labels.length
  for (const [row, label] of labels.entries()) outputs[row] = (2 * (outputs[row]! - label)) / labels.length
  return mean
}
