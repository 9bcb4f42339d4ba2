import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Candidate,
  type Choice,
  chooseKept,
  formatPolicy,
  type PinningPolicy,
  parseDiskSize,
  parsePolicy
} from '../../../../node/pinning/index.ts'

const policy: fc.Arbitrary<PinningPolicy> = fc.oneof(
  fc.constant({ type: 'latest' } as const),
  fc.constant({ type: 'all' } as const),
  fc.record({ type: fc.constant('last' as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constant('every' as const), rounds: fc.integer({ min: 1, max: 12 }) })
)

/** Checkpoints of a run in the order of their rounds, as they come. */
function history(run: string, sizes: readonly (readonly [step: number, bytes: number])[]): Candidate[] {
  let round = 0
  return sizes.map(([step, bytes], i) => {
    round += step
    return { run, round, createdAt: 1000 + i, bytes }
  })
}

const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100 })), { maxLength: 20 })

function totalOf(kept: readonly Candidate[]): number {
  return kept.reduce((total, { bytes }) => total + bytes, 0)
}

/** The rule without its order: whatever fits is kept, the oldest first. A pinner would be left with old models. */
function chooseOldest(candidates: readonly Candidate[], room: number): Choice<Candidate> {
  const kept: Candidate[] = []
  for (const candidate of candidates) if (totalOf(kept) + candidate.bytes <= room) kept.push(candidate)
  return { kept, byPolicy: [], byQuota: candidates.filter((candidate) => !kept.includes(candidate)) }
}

/** What a quota may never do: keep something and drop something newer of the same run. */
function keepsNewestFirst({ kept, byQuota }: Choice<Candidate>): boolean {
  return byQuota.every((gone) => kept.every((stays) => stays.run !== gone.run || stays.createdAt > gone.createdAt))
}

describe('the choice of checkpoints to keep', () => {
  it('puts each in one of three lists, and always keeps the newest of a run', () => {
    fc.assert(
      fc.property(policy, policy, sizes, sizes, fc.integer({ min: -50, max: 800 }), (one, two, a, b, room) => {
        const candidates = [...history('a', a), ...history('b', b)]
        const choice = chooseKept(
          candidates,
          new Map([
            ['a', one],
            ['b', two]
          ]),
          room
        )
        const all = [...choice.kept, ...choice.byPolicy, ...choice.byQuota]
        assert.equal(all.length, candidates.length)
        assert.equal(new Set(all).size, candidates.length)
        for (const run of ['a', 'b']) {
          const newest = candidates.filter((candidate) => candidate.run === run).at(-1)
          assert.ok(newest === undefined || choice.kept.includes(newest))
        }
      })
    )
  })

  it('stays within the room wherever more than the newest is kept, and drops nothing newer than what it keeps', () => {
    fc.assert(
      fc.property(policy, policy, sizes, sizes, fc.integer({ min: 0, max: 800 }), (one, two, a, b, room) => {
        const candidates = [...history('a', a), ...history('b', b)]
        const choice = chooseKept(
          candidates,
          new Map([
            ['a', one],
            ['b', two]
          ]),
          room
        )
        if (choice.kept.length > 2) assert.ok(totalOf(choice.kept) <= room, `${totalOf(choice.kept)} of ${room}`)
        assert.ok(keepsNewestFirst(choice))
        assert.equal(choice.byQuota.length === 0 || totalOf([...choice.kept, ...choice.byQuota]) > room, true)
      })
    )
  })

  it('is refused when old ones drive out new ones (control)', () => {
    const candidates = history('a', [
      [1, 40],
      [1, 40],
      [1, 40]
    ])
    assert.equal(keepsNewestFirst(chooseOldest(candidates, 80)), false)
    assert.equal(keepsNewestFirst(chooseKept(candidates, new Map([['a', { type: 'all' }]]), 80)), true)
  })

  it('is the same one by one, as they come, and all at once', () => {
    fc.assert(
      fc.property(policy, sizes, (one, steps) => {
        const candidates = history('a', steps)
        const policies = new Map([['a', one]])
        let held: readonly Candidate[] = []
        for (const candidate of candidates)
          held = chooseKept([...held, candidate], policies, Number.MAX_SAFE_INTEGER).kept
        const atOnce = chooseKept(candidates, policies, Number.MAX_SAFE_INTEGER).kept
        assert.deepEqual(new Set(held), new Set(atOnce))
      })
    )
  })

  it('follows each policy, and shares the room in turn', () => {
    const rounds = (choice: Choice<Candidate>) => choice.kept.map(({ round }) => round).sort((a, b) => a - b)
    const candidates = history(
      'a',
      Array.from({ length: 10 }, () => [5, 10] as const)
    )
    const keptBy = (text: string, room = 1000) =>
      rounds(chooseKept(candidates, new Map([['a', parsePolicy(text)]]), room))
    assert.deepEqual(keptBy('latest'), [50])
    assert.deepEqual(keptBy('last:3'), [40, 45, 50])
    assert.deepEqual(keptBy('every:20'), [5, 20, 40, 50])
    assert.deepEqual(keptBy('all', 45), [35, 40, 45, 50])
    const both = [...candidates, ...candidates.map((candidate) => ({ ...candidate, run: 'b' }))]
    const shared = chooseKept(
      both,
      new Map([
        ['a', { type: 'all' }],
        ['b', { type: 'all' }]
      ]),
      60
    )
    assert.deepEqual(rounds(shared), [40, 40, 45, 45, 50, 50])
  })
})

describe('a policy and a quota in words', () => {
  it('are read as they are written', () => {
    fc.assert(fc.property(policy, (one) => assert.deepEqual(parsePolicy(formatPolicy(one)), { ...one })))
    assert.equal(parseDiskSize('10GiB'), 10 * 2 ** 30)
    assert.equal(parseDiskSize('1.5 MB'), 1.5e6)
  })

  it('are refused when they say nothing, or too little', () => {
    for (const text of ['', 'last', 'last:0', 'every:', 'all:3', 'newest', 'last:3x', 'last:99999999'])
      assert.throws(() => parsePolicy(text), { code: 'ERR_INVALID_LIMIT' }, text)
    for (const text of ['', '10', '10 GiBs', '-1GB', '1kB', '9999999999TB'])
      assert.throws(() => parseDiskSize(text), { code: 'ERR_INVALID_LIMIT' }, text)
  })
})
