import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchStream } from '../../../../node/training/batches.ts'

/** Row i has the features [i, -i] and the label i, so a batch says which rows it is made of. */
function numbered(count: number) {
  const labels = Int32Array.from({ length: count }, (_, i) => i)
  const features = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i / 2 : -(i - 1) / 2))
  return { features, labels, count, featureCount: 2 }
}

function drawRows(stream: BatchStream, batches: number): number[] {
  return Array.from({ length: batches }, () => [...stream.next().labels]).flat()
}

test('draws every row once before it draws one again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), fc.nat(), (count, size, seed) => {
      const stream = new BatchStream(numbered(count), size)
      stream.useSeed(seed)
      const rows = drawRows(stream, 3 * count)
      for (let start = 0; start + count <= rows.length; start += count) {
        assert.equal(new Set(rows.slice(start, start + count)).size, count)
      }
    }),
    { seed: 1, numRuns: 50 }
  )
})

test('keeps features and labels of a row together', () => {
  const { features, labels } = new BatchStream(numbered(9), 4).next()
  assert.deepEqual(
    [...features],
    [...labels].flatMap((row) => [row, -row])
  )
})

test('draws another order for each pass and each seed, and the same again for the same seed', () => {
  const rowsOf = (seed: number): number[] => {
    const stream = new BatchStream(numbered(30), 10)
    stream.useSeed(seed)
    return drawRows(stream, 6)
  }
  assert.deepEqual(rowsOf(7), rowsOf(7))
  assert.notDeepEqual(rowsOf(7), rowsOf(8))
  assert.notDeepEqual(rowsOf(7).slice(0, 30), rowsOf(7).slice(30))
})

test('starts again on a new seed and goes on with an old one', () => {
  const stream = new BatchStream(numbered(30), 10)
  stream.useSeed(7)
  const begun = drawRows(stream, 2)
  stream.useSeed(7)
  assert.equal(new Set([...begun, ...drawRows(stream, 1)]).size, 30)
  stream.useSeed(8)
  stream.useSeed(7)
  assert.deepEqual(drawRows(stream, 2), begun)
})

test('deals rows evenly to all places of an order', () => {
  const stream = new BatchStream(numbered(4), 4)
  const counts = new Array<number>(16).fill(0)
  for (let pass = 0; pass < 4000; pass++) {
    for (const [place, row] of stream.next().labels.entries()) counts[place * 4 + row]!++
  }
  // 4000 passes expect 1000 of each; the standard deviation is 27, and a shuffle that favours a row is off by 100s.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, `${counts}`)
})
