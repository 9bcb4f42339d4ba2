import { z } from 'zod'
import type { MomentumRule, RobustRuleName } from '../averaging/index.ts'
import * as field from './fields.ts'

/** Names come from the header line of somebody's file; longer ones are a mistake in the separator. */
const MAX_LABEL_CHARACTERS = 256
const MAX_RUN_NAME_CHARACTERS = 64

/** 128 x 128 pixels as columns; wider data are a tensor. */
const MAX_COLUMNS = 16_384
/** 128 x 128 pixels in colour: what a dense layer of 64 units takes with 12 MiB of weights, of the 256 MiB there may be. */
export const MAX_FEATURES = 128 * 128 * 3
/** Height, width and channels. */
const MAX_SIDES = 3
/** More classes make the last layer the whole model; the block's 1 MiB holds this many short names. */
const MAX_CLASSES = 10_000
/** Values of one category: as many as classes, which they are encoded like. */
const MAX_CATEGORY_VALUES = 10_000

const MAX_BATCH = 65_536
const MAX_LOCAL_STEPS = 100_000
/** An hour: a slower run would be scheduled, not trained. */
const MAX_MIN_ROUND_MS = 3.6e6
/** Neighbours to aim for; 6 to 8 mix well at every size (ALGORITHMS 2), above 64 traffic is all that grows. */
const MAX_K = 64
/** Holding out more would leave less to train on than to test on by an order of magnitude. */
const MAX_HOLD_OUT = 0.9
/** Signatures of admins are checked one by one. */
const MAX_ADMINS = 64
/** As many as a model may have. */
const MAX_LOCAL_LAYERS = 256
/** Ten thousand times what the rule's authors use (Li et al. 2021): no personal model is left of it. */
const MAX_LAMBDA = 1000

const label = field.text(0, MAX_LABEL_CHARACTERS)
const columnName = field.text(1, MAX_LABEL_CHARACTERS)
/** Momentum sums to 1 / (1 - mu), so it stays below one. */
const momentum = z.number().min(0).lt(1)

const column = z.discriminatedUnion('kind', [
  z.object({ name: columnName, kind: z.literal('number'), centre: z.number(), scale: z.number().positive() }),
  z.object({ name: columnName, kind: z.literal('category'), values: z.array(label).min(1).max(MAX_CATEGORY_VALUES) }),
  z.object({
    name: columnName,
    kind: z.literal('tensor'),
    shape: z.array(z.int().min(1).max(MAX_FEATURES)).min(1).max(MAX_SIDES).check(atMostFeatures(shapeSize)),
    centre: z.number(),
    scale: z.number().positive()
  })
])

const columns = z.array(column).min(1).max(MAX_COLUMNS).check(atMostFeatures(featuresOf))

/** What the model is to learn. */
export const taskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('classification'),
    label: columnName,
    columns,
    classes: z.array(label).min(2).max(MAX_CLASSES)
  }),
  z.object({
    kind: z.literal('regression'),
    label: columnName,
    columns,
    target: z.object({ centre: z.number(), scale: z.number().positive() })
  })
])

const training = z.object({
  optimiser: z.enum(['sgd', 'momentum', 'adam']),
  momentum,
  learningRate: z.number().positive(),
  batch: z.int().min(1).max(MAX_BATCH),
  localSteps: z.int().min(1).max(MAX_LOCAL_STEPS),
  loss: z.enum(['softmax-cross-entropy', 'mean-squared-error']),
  rounds: z.int().min(1).max(field.MAX_ROUNDS),
  minRoundMs: z.number().min(0).max(MAX_MIN_ROUND_MS)
})

/** All of `averaging/`, which is not loaded for their names. */
const MOMENTUM_RULES = ['quasi-global', 'nesterov', 'none'] as const satisfies readonly MomentumRule[]
const MIXING_RULES = [
  'mean',
  'or-cs+',
  'or-memory',
  'cs+',
  'clipped-gossip',
  'nna',
  'trimmed-mean',
  'median',
  'krum'
] as const satisfies readonly RobustRuleName[]

const averaging = z.object({
  codec: field.codec,
  k: z.int().min(1).max(MAX_K),
  momentum: z.object({
    rule: z.enum(MOMENTUM_RULES),
    mu: momentum,
    kappa: field.fraction,
    outerStep: z.exactOptional(z.number().positive().max(1))
  }),
  beta: field.fraction,
  gamma: field.fraction,
  rule: z.enum(MIXING_RULES),
  b: z.int().min(0).max(MAX_K)
})

const personalise = z.nullable(
  z.discriminatedUnion('rule', [
    z.object({ rule: z.literal('ditto'), lambda: z.number().min(0).max(MAX_LAMBDA) }),
    z.object({
      rule: z.literal('local-head'),
      layers: z.array(field.text(1, MAX_LABEL_CHARACTERS)).min(1).max(MAX_LOCAL_LAYERS)
    })
  ])
)

/** Shapes and ranges of a run manifest, version 1. */
export const manifestSchema = z.object({
  v: z.literal(1),
  name: field.text(1, MAX_RUN_NAME_CHARACTERS),
  seed: field.uint32,
  task: taskSchema,
  model: field.link,
  initial: field.link,
  initialHash: field.hash32,
  parameterCount: field.parameterCount,
  training,
  averaging,
  checkpoint: z.object({
    everyRounds: z.int().min(1).max(field.MAX_ROUNDS),
    proof: z.enum(['none', 'snapshots'])
  }),
  evaluation: z.object({
    holdOut: z.number().min(0).max(MAX_HOLD_OUT),
    metrics: z.array(z.enum(['accuracy', 'rmse', 'loss'])).max(2)
  }),
  privacy: z.object({ mode: z.literal('off'), epsilon: z.exactOptional(z.number().positive()) }),
  personalise,
  share: z.object({ metrics: z.boolean(), samples: z.boolean() }),
  admission: z.literal('open'),
  admins: z.array(field.author).min(1).max(MAX_ADMINS),
  createdBy: field.author,
  createdAt: field.timeMs,
  ...field.extensible
})

function shapeSize(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

function featuresOf(columns: readonly z.infer<typeof column>[]): number {
  return columns.reduce((sum, one) => sum + widthOf(one), 0)
}

function widthOf(one: z.infer<typeof column>): number {
  if (one.kind === 'number') return 1
  return one.kind === 'category' ? one.values.length + 1 : shapeSize(one.shape)
}

/** Refuses what makes more features than a run may have. */
function atMostFeatures<T>(count: (value: T) => number): z.core.CheckFn<T> {
  return ({ value, issues }) => {
    const features = count(value)
    if (features <= MAX_FEATURES) return
    const message = `makes ${features} features, at most ${MAX_FEATURES}`
    issues.push({ code: 'too_big', origin: 'number', maximum: MAX_FEATURES, inclusive: true, input: value, message })
  }
}
