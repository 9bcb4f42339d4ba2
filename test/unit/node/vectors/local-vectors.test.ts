import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import { TrainingDivergedError } from '../../../../node/training/index.ts'
import { hashOf, LocalVectors, type RoundOptions } from '../../../../node/vectors/index.ts'
import { type AveragingRules, createRandom, meanOf } from '../../../../protocols/averaging/index.ts'
import type { ExpectedCopy } from '../../../../protocols/delta-gossip/index.ts'
import { PullTrainer } from '../participant/pull-trainer.ts'

const initial = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i))
const target = Float32Array.from({ length: 300 }, (_, i) => Math.cos(i))

const IN_COMPANY: RoundOptions = { steps: 2, learningRateFactor: 1, driftWeight: 1, withMomentum: true }

const incarnation = new Uint8Array(16)
const version = (seq: number) => ({ incarnation, seq, delta: new Uint8Array(36).fill(seq) })

function localVectors(robust: Partial<AveragingRules> = {}): { vectors: LocalVectors; clock: VirtualClock } {
  const clock = new VirtualClock()
  const trainer = new PullTrainer({ clock, target, trainMs: 70 })
  const rules = { codec: 'int4', mu: 0.9, kappa: 0.5, beta: 0.5, gamma: 1, ...robust } as const
  const vectors = new LocalVectors({ trainer, rules, learningRate: 0.1, seed: 1, initial, random: createRandom(1) })
  return { vectors, clock }
}

const copyBytes = (copy: Float32Array) => new Uint8Array(copy.slice().buffer)
const copyOf = async (vectors: LocalVectors) => new Float32Array((await vectors.ownCopy()).copy.slice().buffer)

/** A sender's published delta, with what a receiver is told to expect of it. */
async function published() {
  const { vectors, clock } = localVectors()
  await vectors.start({ from: 'initial' })
  const outcome = await clock.until(vectors.round(IN_COMPANY))
  assert.ok(outcome.type === 'published')
  const expected: ExpectedCopy = { version: version(0), norm: outcome.norm, stateHash: outcome.stateHash }
  return { ...outcome, expected, copy: await copyOf(vectors) }
}

suite('local vectors', () => {
  test('start from the initial weights, from a saved copy or from the mean of the copies that are held', async () => {
    const { vectors } = localVectors()
    assert.deepEqual(await vectors.start({ from: 'initial' }), hashOf(initial))
    assert.deepEqual(await vectors.start({ from: 'copy', copy: copyBytes(target) }), hashOf(target))
    assert.deepEqual(await copyOf(vectors), target)
    await vectors.adopt('a', copyBytes(initial), { version: version(3) })
    await vectors.adopt('b', copyBytes(target), { version: version(3) })
    assert.deepEqual(await vectors.start({ from: 'neighbours' }), hashOf(meanOf([initial, target])))
    assert.deepEqual(await vectors.ownCopy(), { seq: -1, copy: copyBytes(meanOf([initial, target])) })
  })

  test('train in the time that the trainer takes and count deltas from 0 in every chain', async () => {
    const { vectors, clock } = localVectors()
    for (const chain of [1, 2]) {
      await vectors.start({ from: 'initial' })
      for (const seq of [0, 1]) {
        const outcome = await clock.until(vectors.round(IN_COMPANY))
        assert.ok(outcome.type === 'published')
        assert.deepEqual([outcome.seq, outcome.trainMs], [seq, 70], `chain ${chain}`)
        assert.deepEqual(outcome.stateHash, hashOf(await copyOf(vectors)))
        assert.equal((await vectors.ownCopy()).seq, seq)
        await vectors.mix([])
      }
    }
  })

  test('take no time and have no loss in a closing round', async () => {
    const { vectors } = localVectors()
    await vectors.start({ from: 'initial' })
    const outcome = await vectors.round({ ...IN_COMPANY, steps: 0 })
    assert.ok(outcome.type === 'published')
    assert.deepEqual([outcome.trainMs, outcome.loss, outcome.norm], [0, undefined, 0])
  })

  test('absorb a delta that leads where its author says', async () => {
    const { payload, expected, copy } = await published()
    const { vectors } = localVectors()
    await vectors.adoptInitial('a')
    assert.equal(await vectors.absorb('a', payload, expected), undefined)
    await vectors.start({ from: 'neighbours' })
    assert.deepEqual(await copyOf(vectors), copy)
  })

  test('refuse a delta whose norm, hash or bytes are not what its author says, and drop the copy', async () => {
    const { payload, expected, norm } = await published()
    const broken = payload.slice()
    broken.fill(0xff, 0, 4)
    const faults = [
      [payload, { ...expected, norm: norm * 1.001 }, 'state-mismatch'],
      [payload, { ...expected, stateHash: new Uint8Array(32) }, 'state-mismatch'],
      [payload.slice(1), expected, 'wrong-length'],
      [broken, expected, 'non-finite']
    ] as const
    for (const [bytes, claim, fault] of faults) {
      const { vectors } = localVectors()
      await vectors.adoptInitial('a')
      assert.equal(await vectors.absorb('a', bytes, claim), fault)
      assert.equal(await vectors.absorb('a', payload, expected), 'gap', 'the copy is gone')
    }
  })

  test('refuse a fetched copy of another length or hash', async () => {
    const { vectors } = localVectors()
    const claim = { version: version(0), stateHash: hashOf(target) }
    assert.equal(await vectors.adopt('a', copyBytes(target.slice(1)), claim), 'wrong-length')
    assert.equal(await vectors.adopt('a', copyBytes(initial), claim), 'state-mismatch')
    assert.equal(await vectors.adopt('a', copyBytes(target), claim), undefined)
  })

  test('take up the copy of a neighbour that comes back, of the last two that parted', async () => {
    const { vectors } = localVectors()
    for (const author of ['a', 'b', 'c']) {
      await vectors.adopt(author, copyBytes(target), { version: version(5) })
      await vectors.forget(author)
      assert.equal(await vectors.heldCopy(author), undefined)
    }
    assert.equal(await vectors.recall('a'), undefined)
    assert.deepEqual(await vectors.recall('b'), version(5))
    assert.deepEqual(await vectors.heldCopy('b'), { version: version(5), copy: copyBytes(target) })
    assert.deepEqual(await vectors.recall('b'), version(5), 'and tells what is held')
    await vectors.adopt('c', copyBytes(target), { version: version(6) })
    assert.deepEqual(await vectors.recall('c'), version(6), 'what came since is not replaced')
  })

  test('average the own copy and the versions that are held, in the order of authors, whatever the order of arrival', async () => {
    const third = initial.map((x) => x * 3)
    const average = async (...arrivals: readonly (readonly [string, Float32Array])[]) => {
      const { vectors } = localVectors()
      await vectors.start({ from: 'initial' })
      for (const [author, copy] of arrivals) await vectors.adopt(author, copyBytes(copy), { version: version(5) })
      await vectors.adopt('gone', copyBytes(target), { version: version(5) })
      await vectors.forget('gone')
      return vectors.average({ author: 'm', delta: new Uint8Array(36), incarnation })
    }
    const { weights, rule, cut } = await average(['z', target], ['a', third])
    assert.deepEqual(weights, meanOf([third, initial, target]))
    assert.equal(rule, 'mean')
    assert.deepEqual(
      cut.map(({ author, version }) => [author, version.seq]),
      [
        ['a', 5],
        ['m', -1],
        ['z', 5]
      ]
    )
    assert.deepEqual((await average(['a', third], ['z', target])).weights, weights)
  })

  test('combine copies in a robust run by their median, and name it', async () => {
    const { vectors } = localVectors({ rule: 'or-cs+', b: 1 })
    await vectors.start({ from: 'initial' })
    const liar = initial.map(() => 1000)
    await vectors.adopt('a', copyBytes(initial), { version: version(5) })
    await vectors.adopt('b', copyBytes(liar), { version: version(5) })
    const { weights, rule } = await vectors.average({ author: 'm', delta: new Uint8Array(36), incarnation })
    assert.deepEqual([rule, weights], ['median', initial])
  })

  test('say so when the trainer finds that the model diverges, and pass on whatever else fails there', async () => {
    const failing = (error: Error) => {
      const trainer = new PullTrainer({ clock: new VirtualClock(), target, trainMs: 0 })
      trainer.train = () => Promise.reject(error)
      const rules = { codec: 'int4', mu: 0, kappa: 0.5, beta: 0.5, gamma: 1 } as const
      return new LocalVectors({ trainer, rules, learningRate: 9, seed: 1, initial, random: createRandom(1) })
    }
    const diverging = failing(new TrainingDivergedError('the loss', Number.NaN, 1, 9))
    assert.deepEqual(await diverging.round(IN_COMPANY), { type: 'diverged' })
    assert.equal((await diverging.ownCopy()).seq, -1)
    await assert.rejects(failing(new Error('out of memory')).round(IN_COMPANY), /out of memory/)
  })

  test('say so when the model diverges, publish nothing, and go on from the neighbours after a roll-back', async () => {
    const clock = new VirtualClock()
    const trainer = new PullTrainer({ clock, target, trainMs: 70 })
    const rules = { codec: 'f32', mu: 0.9, kappa: 0.5, beta: 0.5, gamma: 1 } as const
    const vectors = new LocalVectors({ trainer, rules, learningRate: 0.1, seed: 1, initial, random: createRandom(1) })
    await vectors.start({ from: 'initial' })
    await vectors.adopt('a', copyBytes(target), { version: version(5) })
    trainer.divergences = 1
    assert.deepEqual(await clock.until(vectors.round(IN_COMPANY)), { type: 'diverged' })
    assert.deepEqual(await vectors.ownCopy(), { seq: -1, copy: copyBytes(initial) })
    await vectors.rollBack('neighbours')
    const outcome = await clock.until(vectors.round({ ...IN_COMPANY, learningRateFactor: 0 }))
    assert.equal(outcome.type === 'published' && outcome.seq, 0)
    const copy = await copyOf(vectors)
    assert.ok(copy.every((x, i) => Math.abs(x - target[i]!) < 1e-6))
  })

  test('scale the learning rate and the drift as they are told', async () => {
    const drift = async (changes: Partial<RoundOptions>) => {
      const { vectors, clock } = localVectors()
      await vectors.start({ from: 'initial' })
      const outcome = await clock.until(vectors.round({ ...IN_COMPANY, steps: 1, ...changes }))
      return outcome.type === 'published' ? outcome.norm : 0
    }
    const whole = await drift({})
    for (const half of [await drift({ learningRateFactor: 0.5 }), await drift({ driftWeight: 0.5 })]) {
      assert.ok(Math.abs(half / whole - 0.5) < 0.02, `${half} of ${whole}`)
    }
  })
})
