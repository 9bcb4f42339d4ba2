import type { AveragingRules, Random } from '../../../../protocols/averaging/index.ts'

/** The constants of ALGORITHMS 1, with the codec that rounds nothing. */
export const RULES: AveragingRules = { codec: 'f32', mu: 0.9, kappa: 0.5, beta: 0.5, gamma: 1 }

/** A source that always draws `value`, below 1: 0.5 makes stochastic rounding round half up, 0 makes it truncate. */
export function always(value: number): Random {
  const word = value * 2 ** 32
  const random: Random = {
    next: () => value,
    uint32: () => word,
    fill: (words, count) => void words.fill(word, 0, count),
    fork: () => random
  }
  return random
}

/** A vector of `length` numbers on [-size, size). */
export function vectorFrom(random: Random, length: number, size = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => size * (2 * random.next() - 1))
}
