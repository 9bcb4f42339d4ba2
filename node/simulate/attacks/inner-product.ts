import { along } from './along.ts'
import type { Lie } from './lying-vectors.ts'

/** How far back, in steps of the honest mean: just past the step itself, which undoes as many honest peers as lie. */
const EPSILON = 1.1

/**
 * Inner-product manipulation (Xie, Koyejo & Gupta 2020, "Fall of empires"): the step of the honest mean, reversed, from where
 * the honest mean was. What is averaged with it keeps a negative inner product with the true step once enough lie.
 */
export const innerProduct: Lie = ({ mean, meanBefore }) => along(meanBefore, meanBefore, mean, -EPSILON)
