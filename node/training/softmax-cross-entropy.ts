/**
 * Softmax and its cross-entropy on the host: a batch of logits is a few hundred numbers, for which a call into a tensor
 * engine costs more than the arithmetic. Logits have shape [labels.length, classes]; losses are in nats. A logit that
 * is not finite makes the loss NaN or infinite, never an exception.
 */

/** Turns logits into probabilities, in place. */
export function softmaxInPlace(logits: Float32Array, classes: number): void {
  for (let start = 0; start < logits.length; start += classes) {
    const norm = logSumExp(logits, start, classes)
    for (let i = start; i < start + classes; i++) logits[i] = Math.exp(logits[i]! - norm)
  }
}

/** Sum over the rows of -log p(label). */
export function crossEntropySum(logits: Float32Array, labels: Int32Array, classes: number): number {
  let sum = 0
  for (const [row, label] of labels.entries()) {
    sum += logSumExp(logits, row * classes, classes) - logits[row * classes + label]!
  }
  return sum
}

/** Replaces logits by the gradient of the mean loss with respect to them, (softmax - one-hot) / rows; returns that loss. */
export function replaceByGradient(logits: Float32Array, labels: Int32Array, classes: number): number {
  const mean = crossEntropySum(logits, labels, classes) / labels.length
  softmaxInPlace(logits, classes)
  for (const [row, label] of labels.entries()) logits[row * classes + label]! -= 1
  for (let i = 0; i < logits.length; i++) logits[i]! /= labels.length
  return mean
}

/** How many rows have their largest logit at their label; of equal logits the first counts. */
export function countCorrect(logits: Float32Array, labels: Int32Array, classes: number): number {
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
