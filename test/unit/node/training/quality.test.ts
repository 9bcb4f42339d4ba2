import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeQuality, formatMeasure, measured, measureOf } from '../../../../node/training/quality.ts'

describe('quality', () => {
  it('tells accuracies as percentages and errors in four digits', () => {
    assert.equal(describeQuality({ accuracy: 0.9504 }), 'accuracy 95.0 %')
    assert.equal(describeQuality({ accuracy: 0.9504 }, 2), 'accuracy 95.04 %')
    assert.equal(describeQuality({ rmse: 0.0123456 }), 'rmse 0.01235')
    assert.equal(describeQuality({ rmse: 1_234_567 }), 'rmse 1235000')
    assert.equal(formatMeasure('rmse', 0), '0')
    assert.equal(describeQuality({}), undefined)
  })

  it('takes the value that the task has, even where it is 0', () => {
    assert.equal(measured({ accuracy: 0 }), 0)
    assert.equal(measured({ rmse: 0 }), 0)
    assert.deepEqual([measureOf('classification'), measureOf('regression')], ['accuracy', 'rmse'])
  })
})
