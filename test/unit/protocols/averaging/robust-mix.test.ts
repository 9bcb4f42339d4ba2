import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Averager, createRandom } from '../../../../protocols/averaging/index.ts'
import type { MixContext, Neighbour, RobustRule } from '../../../../protocols/averaging/robust/index.ts'
import { RobustMix } from '../../../../protocols/averaging/robust-mix.ts'
import type { HeldVersions, MixTerm } from '../../../../protocols/averaging/versions.ts'
import { RULES } from './rules.ts'

/** A rule that moves nobody and keeps what it was given. */
class Spy implements RobustRule {
  neighbours: readonly Neighbour[] = []
  context: MixContext | undefined

  addTo(_: Float32Array, neighbours: readonly Neighbour[], context: MixContext): void {
    this.neighbours = neighbours
    this.context = context
  }
}

function payloadOf(...increments: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(increments).buffer)
}

/** A peer that has published three deltas, 1, 2 and 4 in its first parameter, and holds three neighbours' copies. */
function held(): HeldVersions {
  return {
    copy: Float32Array.of(7, 0),
    history: [payloadOf(1, 0), payloadOf(2, 0), payloadOf(4, 0)],
    views: new Map([
      ['new', { copy: Float32Array.of(10, 10), newest: [payloadOf(0, 3), payloadOf(0, 5)], heardAt: 3 }],
      ['known', { copy: Float32Array.of(20, 20), newest: [], heardAt: 3 }],
      ['known long', { copy: Float32Array.of(30, 30), newest: [], heardAt: 1 }]
    ])
  }
}

const TERM: MixTerm = { author: 'new', weight: 0.25, ownDeltasSince: 1, newerDeltas: 1 }

function seen({ copy, reference }: Neighbour): number[][] {
  return [[...copy], [...reference]]
}

function robustMix(rule: RobustRule, beta = 0.5): RobustMix {
  return new RobustMix({ rule, b: 2, codec: 'f32', beta, gamma: 0.4 })
}

suite('a mix through a robust rule', () => {
  test('shows each version as it was meant, beside the own copy at the time that it was heard', () => {
    const spy = new Spy()
    const versions = held()
    robustMix(spy).addTo(new Float32Array(2), [TERM], versions, 3)
    assert.deepEqual(spy.neighbours.map(seen), [
      [
        [10, 5],
        [5, 0]
      ]
    ])
    assert.equal(spy.neighbours[0]!.weight, 0.25)
    assert.deepEqual(versions, held(), 'what is held stays as it was')
  })

  test('shows versions that were mixed before apart, each with its age', () => {
    const spy = new Spy()
    robustMix(spy).addTo(new Float32Array(2), [TERM], held(), 3)
    assert.deepEqual(spy.context!.mixedBefore.map(seen), [
      [
        [20, 20],
        [7, 0]
      ],
      [
        [30, 30],
        [4, 0]
      ]
    ])
    assert.deepEqual([spy.context!.b, spy.context!.gamma], [2, 0.4])
  })

  test('compares with the own copy as it is where delay compensation is off', () => {
    const spy = new Spy()
    robustMix(spy, 0).addTo(new Float32Array(2), [TERM], held(), 3)
    for (const { reference } of [...spy.neighbours, ...spy.context!.mixedBefore]) {
      assert.deepEqual(reference, Float32Array.of(7, 0))
    }
  })

  test('writes into the same vectors again in the next mix', () => {
    const spy = new Spy()
    const mix = robustMix(spy)
    mix.addTo(new Float32Array(2), [TERM], held(), 3)
    const [before] = spy.neighbours
    mix.addTo(new Float32Array(2), [TERM], held(), 3)
    assert.equal(spy.neighbours[0]!.copy, before!.copy)
    assert.equal(spy.neighbours[0]!.reference, before!.reference)
  })

  test('knows only views, and leaves out a neighbour whose copy is gone', () => {
    const spy = new Spy()
    robustMix(spy).addTo(new Float32Array(2), [{ ...TERM, author: 'gone' }], held(), 3)
    assert.equal(spy.neighbours.length, 0)
    assert.equal(spy.context!.mixedBefore.length, 3)
  })
})

suite('an averager with a robust rule', () => {
  const honest = ['a', 'b', 'c', 'd']
  const everybody = [...honest, 'liar']

  /** Where four neighbours at 1 and a liar at 1000 move a peer at 0; only those of `named` are new. */
  function movedBy(rule: 'mean' | 'or-cs+', named: readonly string[]): number {
    const rules = { ...RULES, mu: 0, rule, b: 1 }
    const averager = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
    for (const author of honest) averager.adopt(author, Float32Array.of(1))
    averager.adopt('liar', Float32Array.of(1000))
    averager.publish(null, { driftWeight: 1, withMomentum: false })
    averager.mix(named.map((author) => ({ author, weight: 1 / 6, ownDeltasSince: 0 })))
    return averager.parameters[0]!
  }

  test('rejects a liar that the mean follows', () => {
    assert.ok(Math.abs(movedBy('or-cs+', everybody) - 4 / 6) < 1e-6)
    assert.ok(movedBy('mean', everybody) > 100)
  })

  test('knows a liar by neighbours that it has mixed before', () => {
    assert.equal(movedBy('or-cs+', ['liar']), 0)
    assert.ok(movedBy('mean', ['liar']) > 100)
  })

  test('counts the age of held versions in own deltas since the last one came', () => {
    const rules = { ...RULES, mu: 0, rule: 'or-cs+', b: 0, beta: 1 } as const
    const averager = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
    const publish = (x: number) => averager.publish(Float32Array.of(x), { driftWeight: 1, withMomentum: false })
    averager.adopt('old', Float32Array.of(1))
    averager.adopt('older', Float32Array.of(1))
    publish(10)
    averager.adopt('new', Float32Array.of(12.5))
    // Against the copy of their time both old ones are 1 away, so that 2.5 is an outlier; against today's they are 9 away.
    averager.mix([{ author: 'new', weight: 0.5, ownDeltasSince: 0 }])
    assert.equal(averager.parameters[0], 10)
    averager.forget('old')
    averager.forget('older')
    publish(10)
    averager.mix([{ author: 'new', weight: 0.5, ownDeltasSince: 0 }])
    assert.equal(averager.parameters[0], 11.25)
  })
})
