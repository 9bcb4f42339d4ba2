import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { MixTime } from '../../../../node/participant/index.ts'
import { runSimulation, type SimulationOptions } from '../../../../node/simulate/index.ts'
import { overlapRule } from '../../../../node/simulate/overlap.ts'
import type { Version } from '../../../../protocols/delta-gossip/index.ts'

/** Links as slow as training: what a rule that does not wait is for. */
const DELAYED: SimulationOptions = {
  data: ['digits'],
  peers: 8,
  alpha: 0.5,
  model: 'mlp:16',
  rounds: 30,
  localSteps: 8,
  batch: 32,
  codec: 'int4',
  k: 4,
  seed: 3,
  engine: 'wasm',
  delay: 1,
  speeds: [1, 1.3],
  loss: 0,
  repair: true,
  wait: 'all'
}

const time = (round: number): MixTime => ({
  round,
  isTraining: true,
  ownRoundMs: 100,
  publishedAt: Array.from({ length: 8 }, (_, i) => 1000 + 100 * i)
})

/** A neighbour's version of that round, published at `heardAt`. */
function version(round: number, heardAt = 1500, phase = 'training'): Version {
  return { author: 'a', header: { round, seq: round, phase }, heardAt, absorbedAt: heardAt } as unknown as Version
}

suite('overlap of training and transfer', () => {
  const { matching } = overlapRule()

  test('lets both sides of a link meet in the round before, whoever is ahead', () => {
    for (const [own, theirs, meeting] of [
      [10, 9, 9],
      [10, 10, 9],
      [10, 11, 9],
      [10, 8, 8],
      [10, 7, 7]
    ] as const) {
      const { newerDeltas, ownDeltasSince } = matching.match(version(theirs), 1700, time(own))
      assert.deepEqual([theirs - newerDeltas, own - ownDeltasSince], [meeting, meeting], `${theirs} at ${own}`)
    }
  })

  test('matches by time where rounds are far apart', () => {
    for (const theirs of [2, 30]) {
      const { newerDeltas, ownDeltasSince, staleness } = matching.match(version(theirs, 1450), 1750, time(10))
      assert.deepEqual([newerDeltas, ownDeltasSince, staleness], [0, 3, 2])
    }
  })

  test('waits for nobody in the first round, and then for who is two behind', () => {
    assert.equal(matching.isBehind(undefined, 0), false)
    assert.equal(matching.isBehind(undefined, 1), true)
    assert.deepEqual([matching.isBehind(version(8), 10), matching.isBehind(version(9), 10)], [true, false])
    assert.equal(matching.isBehind(version(3, 1500, 'done'), 10), false)
  })

  test('learns as much in each round as waiting does, in less time; not waiting at all does not (control)', async () => {
    const [all, overlap, none] = [
      await runSimulation(DELAYED),
      await runSimulation({ ...DELAYED, wait: 'overlap' }),
      await runSimulation({ ...DELAYED, wait: 'none' })
    ]
    assert.ok(
      overlap.virtualSeconds < 0.75 * all.virtualSeconds,
      `${overlap.virtualSeconds} of ${all.virtualSeconds} s`
    )
    const isAsGood = ({ accuracy }: typeof all) => accuracy!.mean >= all.accuracy!.mean - 0.01
    const values = [all, overlap, none].map(({ accuracy }) => accuracy!.mean)
    assert.deepEqual([isAsGood(overlap), isAsGood(none)], [true, false], `${values}`)
  })
})
