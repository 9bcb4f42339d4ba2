import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AttackName } from '../../../../../node/simulate/attacks/attack-names.ts'
import { runSimulation, type SimulationOptions, type SimulationReport } from '../../../../../node/simulate/index.ts'

/** Small enough for a second, and links enough for a robust rule. */
const SMALL: SimulationOptions = {
  data: ['wdbc'],
  peers: 10,
  alpha: 0.5,
  model: 'linear',
  rounds: 12,
  localSteps: 4,
  batch: 16,
  codec: 'int4',
  k: 8,
  seed: 7,
  engine: 'cpu',
  delay: 0.1,
  speeds: [1, 1.3],
  loss: 0,
  repair: true,
  wait: 'all'
}

const attacked = (attack: AttackName, options: Partial<SimulationOptions> = {}): Promise<SimulationReport> =>
  runSimulation({ ...SMALL, rule: 'or-memory', byzantine: 2, attack, attackers: 2, ...options })

suite('attackers', () => {
  for (const attack of ['sign-flip-x10', 'scale-x1000', 'adaptive', 'label-flip'] as const) {
    test(`that lie by ${attack} keep a chain that everybody can verify`, async () => {
      const { refused, failed, accuracy } = await attacked(attack)
      assert.deepEqual(refused, {})
      assert.equal(failed, 0)
      assert.ok(accuracy!.worst > 0.8, `${accuracy!.worst}`)
    })
  }

  test('that go ten times backwards ruin a plain mean (control)', async () => {
    const { accuracy, refused } = await attacked('sign-flip-x10', { rule: 'mean', byzantine: 0 })
    assert.deepEqual(refused, {})
    assert.ok(accuracy!.worst < 0.8, `${accuracy!.worst}`)
  })

  test('that sign two deltas under one number are caught and counted by who follows them', async () => {
    const { refused, accuracy } = await attacked('equivocation')
    assert.ok(refused.equivocation! > 10, JSON.stringify(refused))
    assert.ok(accuracy!.worst > 0.8)
  })

  test('that send what they sent before are caught and counted by who follows them', async () => {
    const { refused, accuracy } = await attacked('stale-replay')
    assert.ok(refused.replayed! > 10, JSON.stringify(refused))
    assert.ok(accuracy!.worst > 0.8)
  })

  test('are others for another seed, and nobody without a number', async () => {
    const copies = async (options: Partial<SimulationOptions>) =>
      (await attacked('free-rider', { rounds: 2, ...options })).copies
    assert.equal(await copies({}), await copies({}))
    assert.notEqual(await copies({ attackers: 0 }), await copies({}))
  })
})
