import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type PartitionScheme, partition } from '../../../../node/data/index.ts'

const CLASSES = 5

const LABELS = fc.array(fc.nat({ max: CLASSES - 1 }), { minLength: 2, maxLength: 120 })
const ALPHA = fc.constantFrom(0.001, 0.1, 1, 100)
const SCHEME: fc.Arbitrary<PartitionScheme> = fc.oneof(
  fc.constant({ kind: 'iid' } as const),
  fc.record({ kind: fc.constant('dirichlet' as const), alpha: ALPHA }),
  fc.record({ kind: fc.constant('quantity' as const), alpha: ALPHA })
)

function balanced(rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => i % CLASSES)
}

/** Mean over peers of the largest class's share of a peer's rows: 1 / CLASSES when even, 1 when each has one class. */
function skew(parts: readonly number[][], labels: Int32Array): number {
  const shares = parts.map((part) => {
    const counts = new Array<number>(CLASSES).fill(0)
    for (const row of part) counts[labels[row]!]! += 1
    return Math.max(...counts) / part.length
  })
  return shares.reduce((a, b) => a + b, 0) / parts.length
}

function sizes(parts: readonly number[][]): number[] {
  return parts.map((part) => part.length)
}

type Dealer = (labels: Int32Array, scheme: PartitionScheme, peers: number, seed: number) => number[][]

/** Fails unless every row goes to exactly one peer and at least two to each, in rising order. */
function assertDealsAll(deal: Dealer): void {
  const all = fc.property(LABELS, SCHEME, fc.nat(), fc.nat(), (labels, scheme, wanted, seed) => {
    const peers = 1 + (wanted % Math.floor(labels.length / 2))
    const parts = deal(Int32Array.from(labels), scheme, peers, seed)
    assert.equal(parts.length, peers)
    assert.ok(parts.every((part) => part.length >= 2))
    const dealt = parts.flat().sort((a, b) => a - b)
    assert.deepEqual(dealt, [...labels.keys()])
    for (const part of parts) assert.ok(part.every((row, i) => i === 0 || row > part[i - 1]!))
  })
  fc.assert(all, { seed: 1, numRuns: 200 })
}

/** The control: shares of the rows rounded one by one, so that their sum misses the number of rows. */
function dealRoundedShares(labels: Int32Array, _scheme: PartitionScheme, peers: number): number[][] {
  const size = Math.round(labels.length / peers)
  const rows = [...labels.keys()]
  return Array.from({ length: peers }, (_, peer) => rows.slice(peer * size, (peer + 1) * size))
}

suite('partition', () => {
  test('deals every row to exactly one peer, at least two to each, for every scheme', () => {
    assertDealsAll((labels, scheme, peers, seed) => partition(labels, CLASSES, scheme, peers, seed))
  })

  test('does what shares rounded one by one do not', () => {
    assert.throws(() => assertDealsAll(dealRoundedShares))
  })

  test('repeats itself for a seed and differs for another', () => {
    const labels = balanced(200)
    const scheme: PartitionScheme = { kind: 'dirichlet', alpha: 0.5 }
    assert.deepEqual(partition(labels, CLASSES, scheme, 8, 1), partition(labels, CLASSES, scheme, 8, 1))
    assert.notDeepEqual(partition(labels, CLASSES, scheme, 8, 1), partition(labels, CLASSES, scheme, 8, 2))
  })

  test('deals the same number to all when iid, give or take one', () => {
    const counts = sizes(partition(balanced(103), CLASSES, { kind: 'iid' }, 8, 1))
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
  })

  test('skews labels at a small alpha and not at a large one', () => {
    const labels = balanced(5000)
    const skewAt = (alpha: number): number =>
      skew(partition(labels, CLASSES, { kind: 'dirichlet', alpha }, 10, 1), labels)
    assert.ok(skewAt(0.1) > 0.6)
    assert.ok(skewAt(1000) < 0.25)
  })

  test('skews sizes but not labels by quantity', () => {
    const labels = balanced(5000)
    const parts = partition(labels, CLASSES, { kind: 'quantity', alpha: 0.5 }, 5, 1)
    const counts = sizes(parts)
    assert.ok(Math.max(...counts) > 3 * Math.min(...counts))
    assert.ok(skew(parts, labels) < 0.35)
  })

  test('refuses more peers than rows allow, no peers, and labels beyond the classes', () => {
    const iid: PartitionScheme = { kind: 'iid' }
    for (const peers of [0, 1.5, 6]) {
      assert.throws(() => partition(balanced(11), CLASSES, iid, peers, 1), { code: 'ERR_INVALID_PEER_COUNT' })
    }
    assert.throws(() => partition(balanced(10), 4, iid, 2, 1), {
      code: 'ERR_LABEL_OUT_OF_RANGE',
      message: /row 4 has label 4, but labels go from 0 to 3/
    })
    assert.throws(() => partition(balanced(10), CLASSES, { kind: 'quantity', alpha: 0 }, 2, 1), {
      code: 'ERR_INVALID_ALPHA'
    })
  })
})
