import type { Attack } from '../attack.ts'

/** Trains honestly on rows whose labels are turned round: class `c` of `n` becomes `n - 1 - c`. Numbers change sign. */
export const labelFlip: NonNullable<Attack['rows']> = (rows, { classes }) => {
  const { training } = rows
  const labels = training.labels.map((label) => (classes === undefined ? -label : classes - 1 - label))
  return { ...rows, training: { ...training, labels: labels as typeof training.labels } }
}
