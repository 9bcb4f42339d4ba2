import type { Labels } from '../data/index.ts'
import { TrainerArgumentError } from './errors.ts'
import type { Loss } from './loss.ts'

/** Softmax and its cross-entropy in nats. Outputs are logits, one a class; labels are class numbers. */
export const softmaxCrossEntropy: Loss = {
  kind: 'softmax-cross-entropy',
  requireLabels: (split, labels, classes) => {
    const bad = labels.find((label) => label < 0 || label >= classes)
    if (bad !== undefined) throw new TrainerArgumentError(`a label of ${split}`, bad, `0 to ${classes - 1}`)
  },
  replaceByGradient,
  predictInPlace: softmaxInPlace,
  createMeter: (classes) => {
    let n = 0
    let loss = 0
    let correct = 0
    return {
      add: (logits, labels) => {
        n += labels.length
        loss += crossEntropySum(logits, labels, classes)
        correct += countCorrect(logits, labels, classes)
      },
      get metrics() {
        return { n, loss: loss / n, accuracy: correct / n }
      }
    }
  }
}

/** Turns logits into probabilities. */
function softmaxInPlace(logits: Float32Array, classes: number): void {
  for (let start = 0; start < logits.length; start += classes) {
    const norm = logSumExp(logits, start, classes)
    for (let i = start; i < start + classes; i++) logits[i] = Math.exp(logits[i]! - norm)
  }
}

/** Sum over the rows of -log p(label). */
function crossEntropySum(logits: Float32Array, labels: Labels, classes: number): number {
  let sum = 0
  for (const [row, label] of labels.entries()) {
    sum += logSumExp(logits, row * classes, classes) - logits[row * classes + label]!
  }
  return sum
}

/** (softmax - one-hot) / rows. */
function replaceByGradient(logits: Float32Array, labels: Labels, classes: number): number {
  const mean = crossEntropySum(logits, labels, classes) / labels.length
  softmaxInPlace(logits, classes)
  for (const [row, label] of labels.entries()) logits[row * classes + label]! -= 1
  for (let i = 0; i < logits.length; i++) logits[i]! /= labels.length
  return mean
}

/** How many rows have their largest logit at their label; of equal logits the first counts. */
function countCorrect(logits: Float32Array, labels: Labels, classes: number): number {
  let correct = 0
  for (const [row, label] of labels.entries()) {
    let best = 0
    for (let i = 1; i < classes; i++) if (logits[row * classes + i]! > logits[row * classes + best]!) best = i
    if (best === label) correct++
  }
  return correct
}

/** The largest logit is taken out first, so that no exponential overflows. */
function logSumExp(logits: Float32Array, start: number, classes: number): number {
  let largest = -Infinity
  for (let i = start; i < start + classes; i++) largest = Math.max(largest, logits[i]!)
  let sum = 0
  for (let i = start; i < start + classes; i++) sum += Math.exp(logits[i]! - largest)
  return largest + Math.log(sum)
}
