import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { featureCount, inferSchema, type TaskSchema } from '../../../../node/data/index.ts'
import { tableOf } from './table-of.ts'

function kinds(schema: TaskSchema): [string, string][] {
  return schema.columns.map(({ name, kind }) => [name, kind])
}

suite('inferSchema', () => {
  test('tells numbers from categories, missing values apart', () => {
    const table = tableOf('n,c,hex,y', '1,red,0x10,a', '-2.5e3,blue,1,b', '?,NA,null,a', '.5,red,nan,b')
    const schema = inferSchema([table], { label: 'y' })
    assert.deepEqual(kinds(schema), [
      ['n', 'number'],
      ['c', 'category'],
      ['hex', 'category']
    ])
    assert.deepEqual(schema.columns[1], { name: 'c', kind: 'category', values: ['blue', 'red'] })
    assert.equal(featureCount(schema), 1 + 3 + 3)
  })

  test('looks at all files: columns match by name, and text in one makes a category in all', () => {
    const first = tableOf('a,b,y', '1,2,p', '3,4,q')
    const second = tableOf('y,extra,b', 'p,7,x')
    const schema = inferSchema([first, second], { label: 'y' })
    assert.deepEqual(kinds(schema), [
      ['a', 'number'],
      ['b', 'category'],
      ['extra', 'number']
    ])
  })

  test('leaves out a column without any value', () => {
    assert.deepEqual(kinds(inferSchema([tableOf('a,empty,y', '1,,p', '2,NA,q')], { label: 'y' })), [['a', 'number']])
  })

  test('sorts classes and categories by number where they are numbers, then by text', () => {
    const table = tableOf('c,y', '10,10', 'b,9', '9,2', 'B,-1')
    const schema = inferSchema([table], { label: 'y' })
    assert.deepEqual(schema.classes, ['-1', '2', '9', '10'])
    assert.deepEqual(schema.columns[0], { name: 'c', kind: 'category', values: ['9', '10', 'B', 'b'] })
  })

  test('adds classes that other owners hold, and counts a missing label as none', () => {
    const table = tableOf('a,y', '1,p', '2,', '3,NA')
    const { classes } = inferSchema([table], { label: 'y', classes: ['r', ' q ', 'p', ''] })
    assert.deepEqual(classes, ['p', 'q', 'r'])
    assert.throws(() => inferSchema([table], { label: 'y' }), { code: 'ERR_ONE_CLASS', message: /only the value "p"/ })
    const unlabelled = tableOf('a,y', '1,?')
    assert.throws(() => inferSchema([unlabelled], { label: 'y' }), { code: 'ERR_ONE_CLASS', message: /no value/ })
  })

  test('names the nearest columns when the label is not there', () => {
    const table = tableOf('pixel,Digit,digits', '1,2,3')
    assert.throws(() => inferSchema([table], { label: 'digit' }), {
      code: 'ERR_NO_SUCH_COLUMN',
      message: /did you mean "Digit", "digits"\? Its columns are "pixel", "Digit", "digits"/
    })
    assert.throws(() => inferSchema([table], { label: 'species' }), { message: /"species"\. Its columns/ })
    const wide = tableOf(Array.from({ length: 64 }, (_, i) => `p${i}`).join(','))
    assert.throws(() => inferSchema([wide], { label: 'species' }), { message: /"p11" and 52 more/ })
  })

  test('refuses a text column of over a thousand values and shows the first that is no number', () => {
    const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i},${i % 2}`)
    const table = (count: number) => tableOf('id,y', ...lines(count), 'oops,1')
    assert.equal(featureCount(inferSchema([table(999)], { label: 'y' })), 1001)
    assert.throws(() => inferSchema([table(1000)], { label: 'y' }), {
      code: 'ERR_TOO_MANY_CATEGORIES',
      message: /"id" has more than 1000 distinct values .*test\.csv, line 1002: "oops"/
    })
    const numbers = inferSchema([tableOf('id,y', ...lines(5000))], { label: 'y' })
    assert.equal(numbers.columns[0]?.kind, 'number')
  })

  test('refuses a table with nothing besides the label', () => {
    assert.throws(() => inferSchema([tableOf('y', 'p', 'q')], { label: 'y' }), { code: 'ERR_NO_FEATURE_COLUMNS' })
  })
})
