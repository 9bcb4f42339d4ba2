import { meanOf } from '../../../protocols/averaging/index.ts'
import { along } from './along.ts'
import type { Lie } from './lying-vectors.ts'

/** Honest neighbours of an honest peer for each attacker among them, where one in five attacks. */
const HONEST_PER_ATTACKER = 4

/**
 * Dissensus (He, Karimireddy & Jaggi 2022): undoes the pull of a peer's honest neighbours, so that peers never agree. A chain
 * says the same to everybody, so this can undo it only for the mean of the attacker's neighbours: it drives them, as a
 * group, away from the rest by as much as the rest would draw them in.
 */
export const dissensus: Lie = ({ neighbours, mean }) => {
  if (neighbours.length === 0) return mean
  const theirs = meanOf(neighbours)
  return along(theirs, mean, theirs, HONEST_PER_ATTACKER)
}
