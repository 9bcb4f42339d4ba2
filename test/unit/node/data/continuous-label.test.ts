import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { inferSchema } from '../../../../node/data/index.ts'
import { tableOf } from './table-of.ts'

function inferFrom(labels: readonly string[], task?: 'classification') {
  const table = tableOf('x,y', ...labels.map((label, row) => `${row},${label}`))
  return inferSchema([table], { label: 'y', ...(task === undefined ? {} : { task }) })
}

/** So many different labels, each so many times. */
function labels(distinct: number, times: number, label: (i: number) => string): string[] {
  return Array.from({ length: distinct * times }, (_, row) => label(row % distinct))
}

suite('a label that looks continuous', () => {
  const continuous = {
    'many fractions': labels(150, 10, (i) => (i / 7).toFixed(3)),
    'few rows for each of many whole numbers': labels(300, 1, (i) => String(90_000 + 250 * i)),
    'a small file of measurements': labels(25, 1, (i) => (1.5 + i / 9).toFixed(2))
  }
  for (const [name, values] of Object.entries(continuous)) {
    test(`is refused until somebody says what it is: ${name}`, () => {
      assert.throws(() => inferFrom(values), {
        code: 'ERR_CONTINUOUS_LABEL',
        message: new RegExp(`"y" takes ${new Set(values).size} different numbers, "${values[0]}" .*--task regression`)
      })
      assert.equal(inferFrom(values, 'classification').classes.length, new Set(values).size)
    })
  }

  const classes = {
    'half points of a scale': labels(12, 5, (i) => (i / 2).toFixed(1)),
    'many codes, each often': labels(500, 4, (i) => String(i)),
    'names, each once': labels(200, 1, (i) => `n${i}`),
    'numbers, and one that is no number': [...labels(150, 1, (i) => (i / 7).toFixed(3)), 'none'],
    'a tiny file': labels(10, 1, (i) => String(i))
  }
  for (const [name, values] of Object.entries(classes)) {
    test(`is not: ${name}`, () => {
      assert.equal(inferFrom(values).classes.length, new Set(values).size)
    })
  }
})
