import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Dataset, holdOut, type Split, splitFraction } from '../../../../node/data/index.ts'

/** One feature a row, and its whole part as the label: equal numbers are equal rows. */
function datasetOf(values: readonly number[]): Dataset {
  const labels = Int32Array.from(values, Math.trunc)
  return { features: Float32Array.from(values), labels, count: values.length, featureCount: 1 }
}

/** The held-out values, sorted: what a split means whatever the order of rows. */
function heldOutValues(values: readonly number[], split: Split): number[] {
  return split.heldOut.map((row) => values[row]!).sort((a, b) => a - b)
}

type Splitter = (values: readonly number[], seed: number) => Split

/** Fails when a row of `values` changes sides after `added` is inserted at `position`. */
function assertStable(split: Splitter): void {
  const few = fc.array(fc.nat({ max: 20 }), { maxLength: 30 })
  const stable = fc.property(few, few, fc.nat({ max: 30 }), fc.nat(), (values, added, position, seed) => {
    const grown = values.toSpliced(position, 0, ...added)
    const before = heldOutValues(values, split(values, seed))
    const after = heldOutValues(grown, split(grown, seed))
    for (const value of before) {
      const index = after.indexOf(value)
      assert.notEqual(index, -1)
      after.splice(index, 1)
    }
    // What is left over came with the added rows.
    for (const value of after) {
      const count = (list: readonly number[]): number => list.filter((other) => other === value).length
      assert.ok(count(after) <= count(added))
    }
  })
  fc.assert(stable, { seed: 1, numRuns: 300 })
}

suite('holdOut', () => {
  test('moves no row when others are added anywhere', () => {
    assertStable((values, seed) => holdOut(datasetOf(values), 0.3, seed))
  })

  test('does what a seeded shuffle of row numbers does not', () => {
    assert.throws(() => assertStable((values, seed) => splitFraction(values.length, 0.3, seed)))
  })

  test('puts every row on one side, in rising order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 })), fc.nat(), (values, seed) => {
        const { training, heldOut } = holdOut(datasetOf(values), 0.4, seed)
        const all = [...training, ...heldOut].sort((a, b) => a - b)
        assert.deepEqual(all, [...values.keys()])
        for (const part of [training, heldOut]) assert.ok(part.every((row, i) => i === 0 || row > part[i - 1]!))
      }),
      { seed: 1 }
    )
  })

  test('holds out about the fraction asked for, of distinct and of equal rows alike', () => {
    const distinct = Array.from({ length: 10_000 }, (_, i) => i)
    const equal = distinct.map(() => 7)
    for (const values of [distinct, equal]) {
      const { heldOut } = holdOut(datasetOf(values), 0.2, 3)
      // Five standard deviations of a binomial: sqrt(10000 x 0.2 x 0.8) = 40.
      assert.ok(Math.abs(heldOut.length - 2000) < 200, `${heldOut.length}`)
    }
  })

  test('holds out other rows for another seed, and the same and more for a larger fraction', () => {
    const dataset = datasetOf(Array.from({ length: 1000 }, (_, i) => i))
    const small = holdOut(dataset, 0.2, 1)
    assert.deepEqual(holdOut(dataset, 0.2, 1), small)
    assert.notDeepEqual(holdOut(dataset, 0.2, 2), small)
    const large = new Set(holdOut(dataset, 0.5, 1).heldOut)
    assert.ok(small.heldOut.every((row) => large.has(row)))
  })

  test('tells rows apart by label as well as by features', () => {
    const features = new Float32Array(1000)
    const labels = Int32Array.from({ length: 1000 }, (_, i) => i)
    const distinct = holdOut({ features, labels, count: 1000, featureCount: 1 }, 0.5, 1)
    const equal = holdOut({ features, labels: new Int32Array(1000), count: 1000, featureCount: 1 }, 0.5, 1)
    assert.notDeepEqual(distinct, equal)
  })

  test('holds out nothing for 0 and refuses what is no fraction', () => {
    const dataset = datasetOf([1, 2, 3])
    assert.deepEqual(holdOut(dataset, 0, 1), { training: [0, 1, 2], heldOut: [] })
    for (const fraction of [-0.1, 1, Number.NaN]) {
      assert.throws(() => holdOut(dataset, fraction, 1), { code: 'ERR_INVALID_FRACTION' })
      assert.throws(() => splitFraction(3, fraction, 1), { code: 'ERR_INVALID_FRACTION' })
    }
  })
})

suite('splitFraction', () => {
  test('holds out exactly the rounded fraction, every row on one side', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 200 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.nat(),
        (count, part, seed) => {
          const { training, heldOut } = splitFraction(count, part, seed)
          assert.equal(heldOut.length, Math.round(count * part))
          const all = [...training, ...heldOut].sort((a, b) => a - b)
          assert.deepEqual(
            all,
            Array.from({ length: count }, (_, i) => i)
          )
        }
      ),
      { seed: 1 }
    )
  })

  test('is the same for the same seed and another for another', () => {
    assert.deepEqual(splitFraction(100, 0.2, 1), splitFraction(100, 0.2, 1))
    assert.notDeepEqual(splitFraction(100, 0.2, 1), splitFraction(100, 0.2, 2))
  })
})
