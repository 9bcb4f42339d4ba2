import type { Random } from '../../../protocols/averaging/index.ts'
import type { Lie } from './lying-vectors.ts'

/** Standard deviation in every parameter: several times the parameters themselves, which are below one. */
const DEVIATION = 1

/** Honest models buried in noise, drawn anew each round (Blanchard et al. 2017). */
export const gaussian: Lie = ({ own }, { random }) => own.map((x) => x + DEVIATION * normal(random))

/** Standard normal, by Box and Muller. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}
