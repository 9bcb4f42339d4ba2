/** How good a model is by its task's own measure, as people read it. */

export type Measure = 'accuracy' | 'rmse'

export interface Quality {
  /** A fraction. */
  readonly accuracy?: number
  /** In the label's own unit. */
  readonly rmse?: number
}

/** A unit that we do not know may need any number of decimals; more digits than four are within the noise. */
const RMSE_DIGITS = 4

/** The measure of a task. */
export function measureOf(task: 'classification' | 'regression'): Measure {
  return task === 'regression' ? 'rmse' : 'accuracy'
}

/** The one of both that was measured. */
export function measured({ accuracy, rmse }: Quality): number {
  return accuracy ?? rmse ?? Number.NaN
}

/** "accuracy 95.0 %" or "rmse 3.14"; undefined where neither was measured. */
export function describeQuality({ accuracy, rmse }: Quality, decimals = 1): string | undefined {
  if (rmse !== undefined) return `rmse ${formatMeasure('rmse', rmse)}`
  return accuracy === undefined ? undefined : `accuracy ${formatMeasure('accuracy', accuracy, decimals)}`
}

/** A value of a measure. `decimals`: of a percentage. */
export function formatMeasure(measure: Measure, value: number, decimals = 1): string {
  return measure === 'rmse' ? String(Number(value.toPrecision(RMSE_DIGITS))) : `${(100 * value).toFixed(decimals)} %`
}
