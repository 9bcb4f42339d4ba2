import type { Lie } from './lying-vectors.ts'

/** Standard deviations from the mean: what the authors take against CIFAR-10. */
const DEVIATIONS = 1.5

/**
 * "A little is enough" (Baruch, Baruch & Goldberg 2019): the mean of the honest models less 1.5 standard deviations in every
 * parameter. Each parameter alone looks like that of an honest peer; all together they are a bias that is always the same.
 */
export const alie: Lie = ({ honest, mean }) =>
  mean.map((middle, i) => {
    const variance = honest.reduce((sum, model) => sum + (model[i]! - middle) ** 2, 0) / honest.length
    return middle - DEVIATIONS * Math.sqrt(variance)
  })
