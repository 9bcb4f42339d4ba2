import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { ROBUST_RULES } from '../../../../protocols/averaging/index.ts'
import type { RefusalReason, RunManifest } from '../../../../protocols/envelope/index.ts'
import { encodeManifest, manifestCid, parseManifest } from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { filled, manifest, regression } from './samples.ts'

const { task, training, averaging, evaluation } = manifest

/** A manifest as a stranger may write it, with no rule applied. */
function parseForged(changes: Record<string, unknown>): RunManifest {
  return parseManifest(encode({ ...manifest, ...changes }))
}

const label = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
const real = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0)

const anyTask = fc.uniqueArray(label, { minLength: 4, maxLength: 20 }).chain(([target, ...names]) =>
  fc.record(
    {
      kind: fc.constant('classification' as const),
      label: fc.constant(target!),
      columns: fc.tuple(
        ...names.map((name) =>
          fc.oneof(
            fc.constant({ name, kind: 'number' as const, centre: 1.5, scale: 0.25 }),
            real.map((centre) => ({ name, kind: 'number' as const, centre, scale: 2 })),
            fc
              .uniqueArray(label, { minLength: 1, maxLength: 5 })
              .map((values) => ({ name, kind: 'category' as const, values }))
          )
        )
      ),
      classes: fc.uniqueArray(label, { minLength: 2, maxLength: 12 })
    },
    { noNullPrototype: true }
  )
)

describe('run manifest', () => {
  it('gives back any task and name that was encoded', () => {
    const property = fc.property(anyTask, label, fc.nat(), (anyOf, name, seed) => {
      const parsed = parseManifest(encodeManifest({ ...manifest, task: anyOf, name, seed }))
      assert.deepEqual(parsed.task, anyOf)
      assert.equal(parsed.name, name)
      assert.equal(parsed.seed, seed)
    })
    fc.assert(property, { seed: 4, numRuns: 200 })
  })

  it('gives back a regression that was encoded', () => {
    const parsed = parseManifest(encodeManifest({ ...manifest, ...regression }))
    assert.deepEqual([parsed.task, parsed.training], [regression.task, regression.training])
  })

  it('is named by its bytes, which are the same for the same run', () => {
    const cid = manifestCid(encodeManifest(manifest))
    assert.equal(manifestCid(encodeManifest(structuredCloneWithLinks(manifest))).toString(), cid.toString())
    assert.notEqual(manifestCid(encodeManifest({ ...manifest, seed: 43 })).toString(), cid.toString())
  })

  it('knows every mixing rule', () => {
    for (const rule of ROBUST_RULES) {
      const changes = rule === 'mean' ? {} : { k: 8, b: 2 }
      assert.equal(parseForged({ averaging: { ...averaging, ...changes, rule } }).averaging.rule, rule)
    }
  })

  it('refuses what this version does not know, by name', () => {
    const unknown: readonly (readonly [Record<string, unknown>, RefusalReason, RegExp])[] = [
      [{ v: 2 }, 'version', /version 2/],
      [{ privacy: { mode: 'peer' } }, 'unsupported', /privacy.mode is "peer": this version knows only "off"/],
      [{ admission: 'members' }, 'unsupported', /admission is "members": this version knows only "open"/],
      [{ personalise: { rule: 'fedbn' } }, 'unsupported', /personalise.rule is "fedbn"/],
      [{ averaging: { ...averaging, rule: 'bulyan' } }, 'unsupported', /averaging.rule is "bulyan"/],
      [{ averaging: { ...averaging, codec: 'int2' } }, 'unknown-codec', /"int2"/],
      [{ task: { ...task, kind: 'ranking' } }, 'unsupported', /task.kind is "ranking"/],
      [{ training: { ...training, optimiser: 'lion' } }, 'unsupported', /training.optimiser is "lion"/],
      [{ training: { ...training, loss: 'hinge' } }, 'unsupported', /training.loss is "hinge"/],
      [{ task: { ...task, columns: [{ name: 'a', kind: 'image' }] } }, 'unsupported', /columns.0.kind is "image"/],
      [{ critical: ['covenant'], covenant: 1 }, 'unknown-critical', /"covenant"/]
    ]
    for (const [changes, reason, message] of unknown) {
      assert.throws(() => parseForged(changes), refusal(reason, message))
    }
  })

  it('refuses shapes and ranges, with the value', () => {
    const regressionTo = (target: object) => ({ ...regression, task: { ...regression.task, target } })
    const wrong: readonly (readonly [Record<string, unknown>, RefusalReason, RegExp])[] = [
      [{ name: '' }, 'range', /name is ""/],
      [{ name: 'x'.repeat(65) }, 'range', /name/],
      [{ name: 'safe\u202egnp.exe' }, 'range', /control characters|name/],
      [{ seed: 2 ** 32 }, 'range', /seed is 4294967296/],
      [{ initialHash: filled(31, 0) }, 'shape', /initialHash is not 32 bytes/],
      [{ model: 'QmPlain' }, 'shape', /model is not a link/],
      [{ parameterCount: 64 * 1024 * 1024 + 1 }, 'range', /parameterCount/],
      [{ training: { ...training, learningRate: 0 } }, 'range', /learningRate is 0/],
      [{ training: { ...training, momentum: 1 } }, 'range', /training.momentum is 1/],
      [{ training: { ...training, batch: 65_537 } }, 'range', /batch is 65537/],
      [{ averaging: { ...averaging, k: 0 } }, 'range', /averaging.k is 0/],
      [{ averaging: { ...averaging, beta: 1.01 } }, 'range', /beta is 1.01/],
      [{ evaluation: { ...manifest.evaluation, holdOut: 0.95 } }, 'range', /holdOut is 0.95/],
      [{ task: { ...task, classes: ['one'] } }, 'range', /classes is a list of 1/],
      [{ task: { ...task, columns: [] } }, 'range', /columns is a list of 0/],
      [regressionTo({ centre: 0, scale: 0 }), 'range', /task.target.scale is 0/],
      [{ task: { ...task, kind: 'regression' } }, 'shape', /task.target is missing/],
      [{ personalise: { rule: 'ditto', lambda: -0.1 } }, 'range', /personalise.lambda is -0.1/],
      [{ personalise: { rule: 'local-head', layers: [] } }, 'range', /personalise.layers is a list of 0/],
      [{ admins: [] }, 'range', /admins/]
    ]
    for (const [changes, reason, message] of wrong) {
      assert.throws(() => parseForged(changes), refusal(reason, message))
    }
    const { seed: _, ...seedless } = manifest
    assert.throws(() => parseManifest(encode(seedless)), refusal('shape', /seed is missing/))
  })

  it('refuses contradictions, naming both things', () => {
    const momentum = (changes: object) => ({ ...averaging, momentum: { ...averaging.momentum, ...changes } })
    const robust = (changes: object) => ({ ...averaging, rule: 'or-cs+', ...changes })
    const noisy = { mode: 'off', epsilon: 4 }
    const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ averaging: momentum({ kappa: 1, mu: 0.8 }) }, /kappa 1 contradicts .*mu 0.8/],
      [{ averaging: { ...averaging, gamma: 0 } }, /"quasi-global" contradicts averaging.gamma 0/],
      [{ averaging: momentum({ rule: 'none' }) }, /"none" contradicts .*mu 0.9/],
      [{ averaging: momentum({ outerStep: 0.7 }) }, /"quasi-global" contradicts averaging.momentum.outerStep 0.7/],
      [{ averaging: { ...averaging, b: 1 } }, /averaging.rule "mean" contradicts averaging.b 1: the mean trusts/],
      [{ averaging: robust({ k: 7, b: 1 }) }, /averaging.rule "or-cs\+" contradicts averaging.k 7/],
      [{ averaging: robust({ k: 8, b: 4 }) }, /averaging.b 4 contradicts averaging.k 8: at most 3 of 8/],
      [{ averaging: robust({ k: 8, b: 2 }), privacy: noisy }, /"or-cs\+" contradicts privacy.epsilon 4/],
      [{ privacy: noisy }, /privacy.mode "off" contradicts privacy.epsilon 4/],
      [{ training: { ...training, optimiser: 'sgd' } }, /"sgd" contradicts training.momentum 0.9/],
      [{ training: { ...training, optimiser: 'adam' } }, /"adam" contradicts training.momentum 0.9/],
      [{ ...regression, training }, /"regression" contradicts training.loss "softmax-cross-entropy"/],
      [{ training: regression.training }, /"classification" contradicts training.loss "mean-squared-error"/],
      [{ ...regression, evaluation }, /"regression" contradicts evaluation.metrics.0 "accuracy"/],
      [{ evaluation: regression.evaluation }, /"classification" contradicts evaluation.metrics.0 "rmse"/],
      [{ ...regression, task: { ...regression.task, label: 'radius' } }, /task.label "radius" contradicts/],
      [{ personalise: { rule: 'ditto', lambda: 0 } }, /"ditto" contradicts personalise.lambda 0/],
      [{ personalise: { rule: 'ditto', lambda: 20 } }, /lambda 20 contradicts training.learningRate 0.05/],
      [{ personalise: { rule: 'local-head', layers: ['a', 'b', 'a'] } }, /layers.0 contradicts personalise.layers.2/],
      [{ task: { ...task, label: 'radius' } }, /task.label "radius" contradicts task.columns.0/],
      [{ task: { ...task, columns: [task.columns[0], task.columns[0]] } }, /columns.0 contradicts task.columns.1/],
      [{ task: { ...task, classes: ['a', 'b', 'a'] } }, /classes.0 contradicts task.classes.2: both are called "a"/]
    ]
    for (const [changes, message] of wrong) {
      assert.throws(() => parseForged(changes), refusal('contradiction', message))
    }
    // Controls: just inside each of the numeric borders.
    parseForged({ averaging: robust({ k: 8, b: 3 }) })
    parseForged({ averaging: momentum({ rule: 'nesterov', outerStep: 0.7 }) })
    parseForged({ averaging: momentum({ kappa: 1, mu: 0.79 }) })
    parseForged({ averaging: momentum({ kappa: 0.99, mu: 0.8 }) })
  })

  it('says what peers keep to themselves, or that they share everything', () => {
    for (const personalise of [
      null,
      { rule: 'ditto', lambda: 0.1 },
      { rule: 'local-head', layers: ['dense_2'] }
    ] as const) {
      assert.deepEqual(parseManifest(encodeManifest({ ...manifest, personalise })).personalise, personalise)
    }
    // Controls: just inside the border where a step would jump past the common model, and with Adam, which has none.
    parseForged({ personalise: { rule: 'ditto', lambda: 19.9 } })
    const adam = { ...training, optimiser: 'adam', momentum: 0 }
    parseForged({ personalise: { rule: 'ditto', lambda: 20 }, training: adam })
  })

  it('holds an image in every row, alone, of as many values as fit', () => {
    const tensor = { name: 'image', kind: 'tensor' as const, shape: [128, 128, 3], centre: 0.5, scale: 0.25 }
    const withColumns = (...columns: readonly object[]) => ({ task: { ...task, columns } })
    assert.deepEqual(parseForged(withColumns(tensor)).task.columns, [tensor])
    const wrong: readonly (readonly [Record<string, unknown>, RefusalReason, RegExp])[] = [
      [withColumns({ ...tensor, shape: [128, 129, 3] }), 'range', /makes 49536 features, at most 49152/],
      [withColumns({ ...tensor, shape: [] }), 'range', /shape is a list of 0/],
      [withColumns({ ...tensor, shape: [1, 2, 3, 4] }), 'range', /shape is a list of 4/],
      [withColumns({ ...tensor, shape: [2, 0] }), 'range', /shape.1 is 0/],
      [withColumns({ ...tensor, shape: [1.5] }), 'range', /shape.0 is 1.5/],
      [withColumns({ ...tensor, scale: 0 }), 'range', /scale is 0/],
      [
        withColumns(task.columns[0]!, { ...tensor, shape: [2] }),
        'contradiction',
        /columns.1 of kind "tensor" contradicts task.columns.0/
      ]
    ]
    for (const [changes, reason, message] of wrong) {
      assert.throws(() => parseForged(changes), refusal(reason, message))
    }
    const values = Array.from({ length: 10_000 }, (_, index) => `v${index}`)
    const categories = [0, 1, 2, 3, 4].map((index) => ({ name: `c${index}`, kind: 'category', values }))
    parseForged(withColumns(...categories.slice(0, 4)))
    assert.throws(() => parseForged(withColumns(...categories)), refusal('range', /50005 features/))
  })

  it('refuses links besides the model and the initial weights', () => {
    assert.throws(() => parseForged({ later: manifest.model }), refusal('shape', /3 links where its fields hold 2/))
    assert.throws(() => encodeManifest({ ...manifest, ext: { more: manifest.model } }), refusal('shape', /3 links/))
  })

  it('refuses more than 1 MiB', () => {
    const ext = { padding: filled(1024 * 1024, 0) }
    assert.throws(() => encodeManifest({ ...manifest, ext }), refusal('oversized'))
    assert.throws(() => parseForged({ ext }), refusal('oversized'))
  })

  it('holds the largest task that it allows', () => {
    const columns = Array.from({ length: 16_384 }, (_, index) => ({
      name: `p${index}`,
      kind: 'number' as const,
      centre: 0,
      scale: 1
    }))
    const classes = Array.from({ length: 10_000 }, (_, index) => `c${index}`)
    const large = { ...manifest, task: { ...task, columns, classes } }
    assert.equal(parseManifest(encodeManifest(large)).task.columns.length, 16_384)
  })
})

/** `structuredClone` would turn links into plain objects; keys come in another order here, which must not matter. */
function structuredCloneWithLinks(record: RunManifest): RunManifest {
  return Object.fromEntries(Object.entries(record).reverse()) as unknown as RunManifest
}
