import { InvalidRecordError } from './errors.ts'
import type { RunManifest, Task } from './manifest.ts'
import { showValue } from './show-value.ts'

/** Heavy-ball momentum (kappa = 1) diverges from here on (ALGORITHMS 1, "Must fail"). */
const HEAVY_BALL_MAX_MU = 0.8

/** Of the way to the common model in one step of Ditto: `v - lr * lambda * (v - phi)` swings from here on. */
const MAX_PULL = 1

/** Fewer neighbours than this do not show who is far from the rest (ALGORITHMS 1). */
const ROBUST_MIN_K = 8

/** What each kind of task is trained and measured by: the model ends in class probabilities, or in one number. */
const LOSSES = { classification: 'softmax-cross-entropy', regression: 'mean-squared-error' } as const
const METRICS = { classification: 'accuracy', regression: 'rmse' } as const

/** What of a manifest can contradict itself, known before the run is written. */
type Settled = Pick<RunManifest, 'task' | 'training' | 'averaging' | 'evaluation' | 'privacy' | 'personalise'>

/**
 * Refuses what is fine field by field and wrong together, naming both things.
 * Throws `InvalidRecordError` with reason `contradiction`.
 */
export function refuseContradictions(settled: Settled): void {
  const { task, training, averaging, evaluation, privacy, personalise } = settled
  refuseWrongMeasure(task, training, evaluation)
  refuseWrongMomentum(training)
  refuseDivergence(averaging)
  refuseWrongOuterStep(averaging)
  refuseWrongBudget(averaging)
  refuseIdlePrivacy(privacy, averaging)
  refuseContradictoryTask(task)
  if (personalise?.rule === 'ditto') refuseUselessPull(personalise.lambda, training)
  if (personalise?.rule === 'local-head') refuseRepeated('personalise.layers', personalise.layers)
}

/** The part that is about the task alone, which a model outside of its run has as well. */
export function refuseContradictoryTask(task: Task): void {
  refuseAmbiguousNames(task)
  refuseMixedInput(task)
}

function refuseWrongMeasure(
  { kind }: Task,
  { loss }: RunManifest['training'],
  { metrics }: RunManifest['evaluation']
): void {
  if (loss !== LOSSES[kind]) {
    throw contradiction(`task.kind "${kind}"`, `training.loss "${loss}"`, `it is trained by "${LOSSES[kind]}"`)
  }
  const wrong = metrics.findIndex((metric) => metric !== 'loss' && metric !== METRICS[kind])
  if (wrong !== -1) {
    throw contradiction(
      `task.kind "${kind}"`,
      `evaluation.metrics.${wrong} "${metrics[wrong]}"`,
      `it is measured by "${METRICS[kind]}"`
    )
  }
}

function refuseWrongMomentum({ optimiser, momentum }: RunManifest['training']): void {
  if (optimiser === 'momentum' || momentum === 0) return
  const why = optimiser === 'sgd' ? 'plain descent has none' : 'Adam has moments of its own'
  throw contradiction(
    `training.optimiser "${optimiser}"`,
    `training.momentum ${momentum}`,
    `${why}: choose "momentum" or set it to 0`
  )
}

function refuseDivergence(averaging: RunManifest['averaging']): void {
  const { rule, mu, kappa } = averaging.momentum
  if (rule === 'none' && mu > 0) {
    throw contradiction('averaging.momentum.rule "none"', `averaging.momentum.mu ${mu}`, 'set mu to 0 or choose a rule')
  }
  if (rule === 'quasi-global' && averaging.gamma === 0) {
    throw contradiction(
      'averaging.momentum.rule "quasi-global"',
      'averaging.gamma 0',
      'without mixing, momentum only multiplies local drift'
    )
  }
  if (rule === 'quasi-global' && kappa === 1 && mu >= HEAVY_BALL_MAX_MU) {
    throw contradiction(
      `averaging.momentum.kappa ${kappa}`,
      `averaging.momentum.mu ${mu}`,
      `heavy-ball momentum diverges from mu = ${HEAVY_BALL_MAX_MU}: lower one of them`
    )
  }
}

function refuseWrongOuterStep({ momentum: { rule, outerStep } }: RunManifest['averaging']): void {
  if (outerStep === undefined || rule === 'nesterov') return
  throw contradiction(
    `averaging.momentum.rule "${rule}"`,
    `averaging.momentum.outerStep ${outerStep}`,
    'only "nesterov" has an outer step'
  )
}

/** Honest neighbours must outnumber liars among k by two: what Krum needs (Blanchard et al. 2017), and no rule less. */
function refuseWrongBudget({ rule, b, k }: RunManifest['averaging']): void {
  if (rule === 'mean') {
    if (b === 0) return
    throw contradiction('averaging.rule "mean"', `averaging.b ${b}`, 'the mean trusts everybody: choose a robust rule')
  }
  if (k < ROBUST_MIN_K) {
    throw contradiction(
      `averaging.rule "${rule}"`,
      `averaging.k ${k}`,
      `it tells liars from the rest among at least ${ROBUST_MIN_K} neighbours`
    )
  }
  const most = Math.floor((k - 2) / 2)
  if (b > most) {
    throw contradiction(`averaging.b ${b}`, `averaging.k ${k}`, `at most ${most} of ${k} neighbours may lie`)
  }
}

function refuseIdlePrivacy({ mode, epsilon }: RunManifest['privacy'], { rule }: RunManifest['averaging']): void {
  if (epsilon === undefined) return
  if (rule !== 'mean') {
    throw contradiction(
      `averaging.rule "${rule}"`,
      `privacy.epsilon ${epsilon}`,
      'a robust rule takes the noise that privacy adds for a lie'
    )
  }
  throw contradiction(`privacy.mode "${mode}"`, `privacy.epsilon ${epsilon}`, 'without noise there is no budget')
}

/** Adam scales gradients, so a rate and a pull say nothing together. */
function refuseUselessPull(lambda: number, { optimiser, learningRate }: RunManifest['training']): void {
  if (lambda === 0) {
    throw contradiction(
      'personalise.rule "ditto"',
      'personalise.lambda 0',
      'personal models would learn nothing from the common one'
    )
  }
  if (optimiser !== 'adam' && learningRate * lambda >= MAX_PULL) {
    throw contradiction(
      `personalise.lambda ${lambda}`,
      `training.learningRate ${learningRate}`,
      'a step would jump past the common model: their product must be below 1'
    )
  }
}

function refuseMixedInput({ columns }: Task): void {
  const tensor = columns.findIndex(({ kind }) => kind === 'tensor')
  if (tensor !== -1 && columns.length > 1) {
    throw contradiction(
      `task.columns.${tensor} of kind "tensor"`,
      `task.columns.${tensor === 0 ? 1 : 0}`,
      'this version learns from images or from a table, not from both'
    )
  }
}

function refuseAmbiguousNames(task: Task): void {
  const { label, columns } = task
  const names = columns.map(({ name }) => name)
  refuseRepeated('task.columns', names)
  if (task.kind === 'classification') refuseRepeated('task.classes', task.classes)
  for (const [index, column] of columns.entries()) {
    if (column.kind === 'category') {
      refuseRepeated(`task.columns.${index}.values`, column.values)
    }
  }
  const labelAt = names.indexOf(label)
  if (labelAt !== -1) {
    throw contradiction(
      `task.label ${showValue(label)}`,
      `task.columns.${labelAt}`,
      'the model would be told the answer'
    )
  }
}

function refuseRepeated(where: string, values: readonly string[]): void {
  const seen = new Map<string, number>()
  for (const [index, value] of values.entries()) {
    const first = seen.get(value)
    if (first !== undefined) {
      throw contradiction(`${where}.${first}`, `${where}.${index}`, `both are called ${showValue(value)}`)
    }
    seen.set(value, index)
  }
}

function contradiction(one: string, other: string, why: string): InvalidRecordError {
  return new InvalidRecordError('contradiction', `run manifest: ${one} contradicts ${other}: ${why}`)
}
