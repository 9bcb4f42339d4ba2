import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settleOptimiser } from '../../../../node/run/settle-optimiser.ts'

describe('settleOptimiser', () => {
  it('takes plain descent for classes and Adam for numbers', () => {
    assert.deepEqual(settleOptimiser({}, 'classification'), { optimiser: 'sgd', momentum: 0, learningRate: 0.1 })
    assert.deepEqual(settleOptimiser({}, 'regression'), { optimiser: 'adam', momentum: 0, learningRate: 0.005 })
  })

  it('keeps what was chosen', () => {
    const chosen = { optimiser: 'momentum', momentum: 0.5, learningRate: 0.3 } as const
    assert.deepEqual(settleOptimiser(chosen, 'regression'), chosen)
    assert.equal(settleOptimiser({ optimiser: 'sgd' }, 'regression').learningRate, 0.01)
    assert.equal(settleOptimiser({ learningRate: 1 }, 'classification').learningRate, 1)
  })

  it('takes momentum for whoever gives one, and a rate that is as much smaller as it makes steps longer', () => {
    const settled = { optimiser: 'momentum', momentum: 0.9, learningRate: 0.01 }
    assert.deepEqual(settleOptimiser({ momentum: 0.9 }, 'classification'), settled)
    assert.deepEqual(settleOptimiser({ optimiser: 'momentum' }, 'classification'), settled)
    assert.equal(settleOptimiser({ momentum: 0 }, 'classification').optimiser, 'sgd')
  })
})
