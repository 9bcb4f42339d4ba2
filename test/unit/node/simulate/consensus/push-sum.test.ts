import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type PushSumOptions, PushSumOptionsError, runPushSum } from '../../../../../node/simulate/consensus/index.ts'

const OPTIONS: PushSumOptions = { seed: 1, peers: 64, loss: 0.5, rounds: 150, rule: 'running-sum' }

function errorAfter(options: Partial<PushSumOptions>): number {
  return runPushSum({ ...OPTIONS, ...options }).at(-1)!
}

suite('push-sum on links that work one way only', () => {
  test('is exact with running sums although half of the messages are lost, which the naive rule never is', () => {
    for (const seed of [1, 2, 3]) {
      const exact = errorAfter({ seed })
      assert.ok(exact <= 1e-9, `${exact}`)
      const naive = runPushSum({ ...OPTIONS, seed, rule: 'naive' })
      assert.ok(Math.min(...naive) > 1e-3, `the naive rule reaches ${Math.min(...naive)}`)
    }
  })

  test('is exact with both rules when nothing is lost', () => {
    for (const rule of ['running-sum', 'naive'] as const) assert.ok(errorAfter({ loss: 0, rule }) < 1e-13, rule)
  })

  test('goes on under any loss below one', () => {
    const rms = runPushSum({ ...OPTIONS, loss: 0.9, rounds: 600 })
    assert.ok(rms.at(-1)! < 1e-9, `${rms.at(-1)}`)
  })

  test('gives the same numbers for the same seed, and others for another', () => {
    assert.deepEqual(runPushSum(OPTIONS), runPushSum(OPTIONS))
    assert.notDeepEqual(runPushSum(OPTIONS), runPushSum({ ...OPTIONS, seed: 2 }))
  })

  test('is refused with options that make no sense', () => {
    for (const wrong of [{ loss: 1 }, { loss: Number.NaN }, { links: 64 }, { links: 0 }, { peers: 1 }]) {
      assert.throws(() => runPushSum({ ...OPTIONS, ...wrong }), PushSumOptionsError, JSON.stringify(wrong))
    }
  })
})
