import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { inLanes } from '../../../../node/demo/in-lanes.ts'

describe('work in lanes', () => {
  it('does every item once, in order, and never more at a time than there are lanes', async () => {
    const begun: number[] = []
    let underWay = 0
    let most = 0
    await inLanes(3, [10, 11, 12, 13, 14, 15, 16], async (item, index) => {
      assert.equal(item, index + 10)
      begun.push(item)
      underWay += 1
      most = Math.max(most, underWay)
      await nextTurn()
      underWay -= 1
    })
    assert.deepEqual(begun, [10, 11, 12, 13, 14, 15, 16])
    assert.deepEqual([most, underWay], [3, 0])
  })

  it('rejects with the first error', async () => {
    const work = async (item: number) => {
      if (item === 2) throw new Error('no')
    }
    await assert.rejects(inLanes(2, [1, 2, 3], work), /^Error: no$/)
    await inLanes(2, [], work)
  })
})
