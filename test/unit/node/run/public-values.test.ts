import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { alignValues, publicValues } from '../../../../node/run/public-values.ts'
import { manifest } from '../../protocols/envelope/samples.ts'

/** Every number and text anywhere in a value. */
function leaves(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves)
  return [value === null ? 'none' : String(value)]
}

describe('public values', () => {
  it('leave nothing out, however deep it is', () => {
    const property = fc.property(fc.object({ values: [fc.integer(), fc.constantFrom('a', 'column b')] }), (record) => {
      const shown = publicValues({ record }).map(({ value }) => value)
      for (const leaf of leaves(record)) assert.ok(shown.join('\n').includes(leaf), `${leaf} is not in ${shown}`)
    })
    fc.assert(property, { seed: 4, numRuns: 200 })
  })

  it('show a manifest with a line for each column, and its peers and links as text', () => {
    const values = publicValues(manifest)
    assert.equal(values.filter(({ name }) => name === 'task.columns').length, manifest.task.columns.length)
    assert.ok(values.some(({ name, value }) => name === 'createdBy' && value.startsWith('12D3Koo')))
    assert.ok(values.some(({ name, value }) => name === 'model' && value === manifest.model.toString()))
  })

  it('print no control character of a column name', () => {
    const text = alignValues(publicValues({ columns: [{ name: 'a\u001b[2Jb' }], label: 'x\u202ey' }))
    assert.equal(text, '  columns  name a\uFFFD[2Jb\n  label    x\uFFFDy\n')
  })
})
