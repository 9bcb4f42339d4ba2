import type { Dataset } from '../data/index.ts'
import type { Trainer } from '../training/index.ts'
import type { Member } from './member.ts'
import type { SimulatedRun } from './simulated-run.ts'

/** Accuracies of the peers' personal models, each on its own peer's distribution. */
export interface PersonalQualities {
  readonly mean: number
  readonly worst: number
  /** The same of each peer's copy of the common model; absent where layers are local, for then there is none. */
  readonly global?: { readonly mean: number; readonly worst: number }
  /** Personal less common, where a peer gains least: below 0 where it loses. */
  readonly leastGain?: number
}

/**
 * Measures every honest peer that has played a round on its own distribution: the common held-out rows, weighted by class
 * as the peer's own rows are. Rows are dealt out by class, so a peer's rows of a class are like everybody's, and the weighted
 * accuracy is that on fresh rows of the peer. It needs no rows of the peer, which hold some five of a class: held out, they
 * would be too few to measure, and missed in training. `undefined` of a run that shares everything, or that predicts
 * a number.
 */
export async function measurePersonal(
  everybody: readonly Member[],
  { rows, manifest }: SimulatedRun
): Promise<PersonalQualities | undefined> {
  const own: number[] = []
  const common: number[] = []
  for (const { isHonest, rounds, owner, personal } of everybody) {
    if (!isHonest || rounds === 0 || personal === undefined || manifest.task.kind !== 'classification') continue
    const { training, heldOut } = rows[owner]!
    const weights = weighByClass(heldOut, training)
    const measure = async (model: Float32Array) => weightedAccuracy(personal.trainer.whole, model, heldOut, weights)
    own.push(await measure(personal.trainer.personalModel(personal.shared())))
    if (manifest.personalise?.rule === 'ditto') common.push(await measure(personal.shared()))
  }
  if (own.length === 0) return
  if (common.length === 0) return summaryOf(own)
  return { ...summaryOf(own), global: summaryOf(common), leastGain: Math.min(...own.map((v, i) => v - common[i]!)) }
}

/**
 * A weight for each row of `dataset`, shape [count], in sum 1: each class together weighs what its share is in `like`. Classes
 * that have no row in `dataset` are left out.
 */
export function weighByClass(dataset: Dataset, like: Dataset): Float64Array {
  const here = countByClass(dataset)
  const there = countByClass(like)
  const weights = Float64Array.from(dataset.labels, (label) => (there.get(label) ?? 0) / here.get(label)!)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

function countByClass({ labels }: Dataset): Map<number, number> {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return counts
}

async function weightedAccuracy(
  trainer: Pick<Trainer, 'predict'>,
  model: Float32Array,
  { features, labels, count }: Dataset,
  weights: Float64Array
): Promise<number> {
  const probabilities = await trainer.predict(model, { values: features, count })
  const classes = probabilities.length / count
  return weights.reduce((sum, weight, row) => {
    const scores = probabilities.subarray(row * classes, (row + 1) * classes)
    return sum + (scores.indexOf(Math.max(...scores)) === labels[row] ? weight : 0)
  }, 0)
}

function summaryOf(values: readonly number[]): { mean: number; worst: number } {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, worst: Math.min(...values) }
}
