import { clipFactor } from './clip.ts'
import { DistanceRule, type Verdict } from './distance-rule.ts'

/** A neighbour farther than this many usual distances is an outlier, as in OR-CS+ (ALGORITHMS 4). */
const OUTLIER_DISTANCES = 2

/**
 * What is left of the usual distance after a mix: half of it after 34. With peers of one class each, distances fall within
 * thirty rounds from 1.3 to .2, and honest peers whose class the flock is about to forget then stand out by 1. Liars who know
 * it may go as far: of .99, .98 and .96, seed 1, the second is best in the worst case (docs/simulator.md).
 */
const MEMORY = 0.98

/**
 * How far one neighbour may pull, in usual distances. What liars reach is their number times this: 1 and .35, worst of up to three
 * seeds at Dirichlet .1: 83.8 and 90.5 against who knows the rule, 86.6 and 90.3 against ALIE, 96.1 and 96.1 without liars. At .2
 * honest peers are held apart too (87.2, 86.9, 95.8; docs/simulator.md).
 */
const PULL = 0.35

/**
 * Outlier rejection with a memory: drops who is farther than twice the usual distance and clips the others to a third of it.
 * Usual is the largest distance that was seen of those in the middle, less two percent a mix: the median without the `b` largest.
 *
 * Why not the median of this mix alone, as OR-CS+ has it: with unlike data most peers soon have nothing to learn, their
 * drift goes to zero and the median with it. Then those who still learn are dropped as outliers, and what only they know
 * is never learnt: digits with Dirichlet .1 and nobody lying end at 92.6 % instead of 96.4.
 *
 * Why without the largest: four of twenty liars are half of the eight neighbours of some peer now and then, and a plain
 * median of eight then lies between honest peers and them. What it remembers of one such mix lets them in for good: with
 * `sign-flip-x10`, Dirichlet .5, one honest peer ended at 5 to 11 % in three of four seeds, at 96 to 98 % without the largest.
 */
export class OrMemory extends DistanceRule {
  constructor() {
    super(orMemory())
  }
}

function orMemory(): Verdict {
  let usual = 0
  return (judged, { distancesBefore, b }) => {
    const distances = [...judged.map(({ distance }) => distance), ...distancesBefore].sort((one, other) => one - other)
    usual = Math.max(middleOf(distances, b), MEMORY * usual)
    return judged.map(({ distance }) => (distance > OUTLIER_DISTANCES * usual ? 0 : clipFactor(distance, PULL * usual)))
  }
}

/** The one in the middle of `ascending` without its `b` largest, the larger of two; 0 for none. */
function middleOf(ascending: readonly number[], b: number): number {
  return ascending[Math.floor(Math.max(0, ascending.length - b) / 2)] ?? 0
}
