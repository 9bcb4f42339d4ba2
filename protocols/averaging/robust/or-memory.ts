import { median } from '../median.ts'
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
 * Usual is the largest median distance that was seen, less two percent a mix.
 *
 * Why not the median of this mix alone, as OR-CS+ has it: with unlike data most peers soon have nothing to learn, their
 * drift goes to zero and the median with it. Then those who still learn are dropped as outliers, and what only they know
 * is never learnt: digits with Dirichlet .1 and nobody lying end at 92.6 % instead of 96.4. Liars, while fewer than half, do
 * not move a median, so that what is remembered is what honest peers once had reason to differ by.
 */
export class OrMemory extends DistanceRule {
  constructor() {
    super(orMemory())
  }
}

/** `b` does not matter: what the rule tolerates is half of the neighbours. */
function orMemory(): Verdict {
  let usual = 0
  return (judged, { distancesBefore }) => {
    const distances = [...judged.map(({ distance }) => distance), ...distancesBefore]
    usual = Math.max(median(distances) ?? 0, MEMORY * usual)
    return judged.map(({ distance }) => (distance > OUTLIER_DISTANCES * usual ? 0 : clipFactor(distance, PULL * usual)))
  }
}
