import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { editDistance, namesNear } from '../../../../node/data/names-near.ts'

suite('namesNear', () => {
  test('counts insertions, deletions and substitutions', () => {
    assert.equal(editDistance('kitten', 'sitting'), 3)
    assert.equal(editDistance('', 'abc'), 3)
    assert.equal(editDistance('abc', 'abc'), 0)
  })

  test('gives names that differ in a third of the letters at most, nearest first, case apart', () => {
    assert.deepEqual(namesNear('diagnosys', ['diagnostic', 'mean_area', 'Diagnosis', 'id']), [
      'Diagnosis',
      'diagnostic'
    ])
    assert.deepEqual(namesNear('y', ['x', 'label']), ['x'])
  })
})
