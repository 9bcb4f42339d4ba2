import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { diLoCo } from '../../../../node/simulate/baselines/diloco.ts'
import { fedAvg } from '../../../../node/simulate/baselines/fed-avg.ts'
import { localOnly } from '../../../../node/simulate/baselines/local-only.ts'
import type { CreateRule, LockStepRule } from '../../../../node/simulate/baselines/lock-step.ts'
import { ringDPsgd } from '../../../../node/simulate/baselines/ring-d-psgd.ts'

const one = (value: number) => Float32Array.of(value)
const valuesOf = ({ models }: LockStepRule) => models.map(([value]) => value!)

function play(rule: LockStepRule, trained: readonly number[]): void {
  for (const [peer, value] of trained.entries()) rule.take(peer, one(value))
  rule.combine()
}

/** A parameter each, which local training moves by `drift` in the first round only. */
function impulse(create: CreateRule, drift: number, rounds: number): number[] {
  const rule = create(one(0), [5, 5])
  return Array.from({ length: rounds }, (_, round) => {
    play(
      rule,
      valuesOf(rule).map((value) => value + (round === 0 ? drift : 0))
    )
    return valuesOf(rule)[0]!
  })
}

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length)
  for (const [i, value] of actual.entries()) {
    assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${actual.join(', ')} instead of ${expected.join(', ')}`)
  }
}

/** ALGORITHMS 3. */
const DILOCO_IMPULSE = [1.33, 1.897, 2.4073, 2.86657, 3.279913, 3.6519217]

suite('baselines', () => {
  test('DiLoCo answers an impulse as its fixed vector says, and plain averaging does not (control)', () => {
    assertClose(impulse(diLoCo, 1, 6), DILOCO_IMPULSE)
    assert.throws(() => assertClose(impulse(fedAvg, 1, 6), DILOCO_IMPULSE))
  })

  test('a server weighs everybody by rows', () => {
    const rule = fedAvg(one(0), [1, 3])
    play(rule, [4, 8])
    assertClose(valuesOf(rule), [7, 7])
    assert.deepEqual([rule.sent, rule.received], [1, 1])
  })

  test('on a ring each takes thirds of its own and of two neighbours, which conserves the mean', () => {
    const rule = ringDPsgd(one(0), [1, 1, 1, 1])
    play(rule, [3, 0, 0, 0])
    assertClose(valuesOf(rule), [1, 1, 0, 1])
    assert.deepEqual([rule.sent, rule.received], [1, 2])
    const pair = ringDPsgd(one(0), [1, 1])
    play(pair, [1, 0])
    assertClose([...valuesOf(pair), pair.received], [0.5, 0.5, 1])
  })

  test('alone, everybody keeps its own and sends nothing', () => {
    const rule = localOnly(one(0), [1, 1])
    play(rule, [1, 2])
    assertClose([...valuesOf(rule), rule.sent, rule.received], [1, 2, 0, 0])
  })
})
