import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LossTrend } from '../../../../node/run/loss-trend.ts'

function trendOf(losses: readonly number[]): readonly number[] {
  const trend = new LossTrend()
  for (const loss of losses) trend.add(loss)
  return trend.points
}

describe('the trend of the loss', () => {
  it('is the losses themselves while there are few', () => {
    assert.deepEqual(trendOf([3, 2, 1]), [3, 2, 1])
  })

  it('goes from the first round to the newest in under a hundred points, however many there are', () => {
    const points = trendOf(Array.from({ length: 10_000 }, (_, round) => 10_000 - round))
    assert.ok(points.length >= 48 && points.length < 96, `${points.length} points`)
    assert.ok(points[0]! > 9_700 && points.at(-1)! < 300, `${points[0]} to ${points.at(-1)}`)
    const steps = points.slice(1).map((point, at) => points[at]! - point)
    assert.ok(
      steps.every((step) => step === steps[0]),
      'points stand for unequal numbers of rounds'
    )
  })
})
