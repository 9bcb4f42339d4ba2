import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settleAveraging } from '../../../../node/run/settle-averaging.ts'
import { averagingRulesOf } from '../../../../node/vectors/index.ts'

const plan = { codec: 'int4', localSteps: 8 } as const

describe('settleAveraging', () => {
  it('trusts six neighbours unless told otherwise', () => {
    const { k, rule, b } = settleAveraging(plan, 'classification')
    assert.deepEqual({ k, rule, b }, { k: 6, rule: 'mean', b: 0 })
  })

  it('takes eight neighbours for a robust rule, and a quarter of them for liars', () => {
    const robust = { ...plan, rule: 'or-cs+' } as const
    const of = (choices: object) => {
      const { k, b } = settleAveraging({ ...robust, ...choices }, 'classification')
      return { k, b }
    }
    assert.deepEqual(of({}), { k: 8, b: 2 })
    assert.deepEqual(of({ k: 14 }), { k: 14, b: 3 })
    assert.deepEqual(of({ k: 14, byzantine: 5 }), { k: 14, b: 5 })
  })

  it('gives long rounds and numbers less momentum', () => {
    const muOf = (localSteps: number, task: 'classification' | 'regression') =>
      settleAveraging({ ...plan, localSteps }, task).momentum.mu
    assert.deepEqual([muOf(15, 'classification'), muOf(16, 'classification'), muOf(15, 'regression')], [0.9, 0.7, 0.7])
  })

  it('gives robust runs less momentum, which would repeat what liars add', () => {
    const muOf = (rule: 'mean' | 'or-memory') => settleAveraging({ ...plan, rule }, 'classification').momentum.mu
    assert.deepEqual([muOf('mean'), muOf('or-memory')], [0.9, 0.7])
  })

  it('hands the momentum rule that was chosen on to the arithmetic', () => {
    const rulesOf = (momentumRule: 'nesterov' | 'none') =>
      averagingRulesOf(settleAveraging({ ...plan, momentumRule }, 'classification'))
    const { momentum, mu, outerStep } = rulesOf('nesterov')
    assert.deepEqual({ momentum, mu, outerStep }, { momentum: 'nesterov', mu: 0.9, outerStep: 0.7 })
    assert.deepEqual([rulesOf('none').momentum, rulesOf('none').mu], ['none', 0])
  })
})
