import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readTable } from '../../../../node/data/index.ts'
import { lineOf } from '../../../../node/data/table.ts'
import { temporaryFile, temporaryFolder } from './temporary-folder.ts'

suite('readTable', () => {
  test('reads a header and rows, quoted cells with everything in them', async (t) => {
    const path = await temporaryFile(t, 'a.csv', 'name,note\nann,"a ""b"", c"\nbob,"two\nlines"\n')
    const table = await readTable(path)
    assert.equal(table.source, path)
    assert.deepEqual(table.columns, ['name', 'note'])
    assert.deepEqual(table.rows, [
      ['ann', 'a "b", c'],
      ['bob', 'two\nlines']
    ])
  })

  test('trims cells that are not quoted and keeps the spaces of those that are', async (t) => {
    const { columns, rows } = await readTable(await temporaryFile(t, 'a.csv', ' a , b\n 1 ,\n  ," x "\n'))
    assert.deepEqual(columns, ['a', 'b'])
    assert.deepEqual(rows, [
      ['1', ''],
      ['', ' x ']
    ])
  })

  test('reads a byte order mark as no part of the first name', async (t) => {
    const { columns } = await readTable(await temporaryFile(t, 'a.csv', '\uFEFFa,b\n1,2\n'))
    assert.deepEqual(columns, ['a', 'b'])
  })

  const dialects: [string, string, string][] = [
    ['commas', 'a.csv', 'a,b;c\n1,2'],
    ['semicolons', 'a.csv', 'a;"x,y,z"\n1,5;2'],
    ['tabs', 'a.csv', 'a\tb\n1,5\t2'],
    ['tabs in .tsv, whatever else the header holds', 'a.tsv', 'a,b,c\td\n1\t2'],
    ['tabs in .TAB', 'a.TAB', 'a\tb\n1\t2'],
    ['commas below blank lines', 'a.csv', '\n\na,b\n1,2']
  ]
  for (const [what, name, content] of dialects) {
    test(`splits at ${what}`, async (t) => {
      const { columns, rows } = await readTable(await temporaryFile(t, name, content))
      assert.equal(columns.length, 2)
      assert.equal(rows[0]?.length, 2)
    })
  }

  test('keeps empty cells between tabs', async (t) => {
    const { rows } = await readTable(await temporaryFile(t, 'a.tsv', 'a\tb\tc\n1\t\t3\n\t\t\n\t\t6\n'))
    assert.deepEqual(rows, [
      ['1', '', '3'],
      ['', '', ''],
      ['', '', '6']
    ])
  })

  test('reads one column without any separator, and its quoted empty cell as a row', async (t) => {
    const { columns, rows } = await readTable(await temporaryFile(t, 'a.csv', 'a\n1\n""\n'))
    assert.deepEqual([columns, rows], [['a'], [['1'], ['']]])
  })

  for (const [name, end] of Object.entries({ LF: '\n', CRLF: '\r\n', CR: '\r' })) {
    test(`counts the lines on which rows start, past blank lines and cells with ${name} in them`, async (t) => {
      const lines = ['a,b', '1,2', '', '"x', 'y",3', '4,"p', 'q', 'r"', '5,6']
      const table = await readTable(await temporaryFile(t, 'a.csv', lines.join(end)))
      assert.deepEqual(
        table.rows.map((_, row) => lineOf(table, row)),
        [2, 4, 6, 9]
      )
    })
  }

  test('reads files of many chunks with two-byte line ends', async (t) => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i},${i % 7}é`)
    const table = await readTable(await temporaryFile(t, 'a.csv', `a,b\r\n${rows.join('\r\n')}\r\n`))
    assert.deepEqual(
      table.rows.map((row) => row.join(',')),
      rows
    )
    assert.equal(lineOf(table, 49_999), 50_001)
  })

  const utf16 = (text: string, isBigEndian: boolean) => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
    return isBigEndian ? bytes.swap16() : bytes
  }
  const encodings: [string, Uint8Array, boolean][] = [
    ['UTF-8', Buffer.from('größe;ort\n1;"Łódź"\n'), false],
    ['UTF-16 LE', utf16('größe;ort\n1;"Łódź"\n', false), false],
    ['UTF-16 BE', utf16('größe;ort\r\n1;"Łódź"\r\n', true), false],
    ['Windows-1252', Buffer.from('größe;ort\n1;"10\x80"\n', 'latin1'), true]
  ]
  for (const [name, bytes, isNoted] of encodings) {
    test(`reads ${name}${isNoted ? ', and says so' : ''}`, async (t) => {
      const { columns, rows, remarks } = await readTable(await temporaryFile(t, 'a.csv', bytes))
      assert.deepEqual(columns, ['größe', 'ort'])
      assert.deepEqual(rows, [['1', isNoted ? '10€' : 'Łódź']])
      assert.equal(remarks?.some((remark) => /is not UTF-8: read as Windows-1252/.test(remark)) ?? false, isNoted)
    })
  }

  test('tells the encoding by all of the file, and keeps characters whole that chunks cut', async (t) => {
    const lines = Array.from({ length: 30_000 }, (_, row) => `${row},é€`)
    const text = `a,b\n${lines.join('\n')}\n`
    const { rows, remarks } = await readTable(await temporaryFile(t, 'a.csv', text))
    assert.equal(remarks, undefined)
    assert.ok(rows.every(([, cell]) => cell === 'é€'))
    const late = Buffer.concat([Buffer.from(`a,b\n${'1,2\n'.repeat(50_000)}`), Buffer.from('3,\xe9\n', 'latin1')])
    assert.equal((await readTable(await temporaryFile(t, 'b.csv', late))).rows.at(-1)?.[1], 'é')
    const wide = utf16(text, true)
    assert.deepEqual((await readTable(await temporaryFile(t, 'c.csv', wide))).rows, rows)
  })

  for (const [what, above] of Object.entries({ 'a line that names the separator': 'sep=;\r\n', 'no such line': '' })) {
    test(`reads what Excel writes: empty columns and rows at the end, with ${what}`, async (t) => {
      const content = `\uFEFF${above}age;name;;\r\n"1,5";"two\nlines";;\r\n2;x,y;;\r\n;;;\r\n;;;\r\n`
      const table = await readTable(await temporaryFile(t, 'a.csv', content))
      assert.deepEqual(table.columns, ['age', 'name'])
      assert.deepEqual(table.rows, [
        ['1.5', 'two\nlines'],
        ['2', 'x,y']
      ])
      const first = above === '' ? 2 : 3
      assert.deepEqual([lineOf(table, 0), lineOf(table, 1)], [first, first + 2])
    })
  }

  test('takes the separator that the first line names, whatever the header looks like', async (t) => {
    const { columns, rows } = await readTable(await temporaryFile(t, 'a.csv', 'sep=|\na,b;c|d\n1|2\n'))
    assert.deepEqual([columns, rows], [['a,b;c', 'd'], [['1', '2']]])
  })

  test('reads decimal commas where all numbers of a column have them and no comma separates', async (t) => {
    const content = 'price;mixed;thousands;text\n1,5;1,5;1.234,5;a,b\n-0,25;2.5;7;1,x\n3;4;8;c\nNA;5;9;\n'
    const { rows, remarks } = await readTable(await temporaryFile(t, 'a.csv', content))
    assert.deepEqual(rows, [
      ['1.5', '1,5', '1.234,5', 'a,b'],
      ['-0.25', '2.5', '7', '1,x'],
      ['3', '4', '8', 'c'],
      ['NA', '5', '9', '']
    ])
    assert.match(remarks?.[0] ?? '', /decimal commas, read as such, in "price"$/)
    const tabbed = await readTable(await temporaryFile(t, 'a.tsv', 'a\tb\n1,5\t2\n'))
    assert.deepEqual(tabbed.rows, [['1.5', '2']])
    const plain = await readTable(await temporaryFile(t, 'a.csv', 'a,b\n"1,5",2\n'))
    assert.deepEqual(plain.rows, [['1,5', '2']])
  })

  test('refuses a line without end as soon as it is longer than a row may be, in little memory', async (t) => {
    const path = await temporaryFile(t, 'a.csv', 'a,b\n1,2\n')
    const file = await open(path, 'a')
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < 200; i++) await file.write(megabyte)
    await file.close()
    let most = 0
    const before = process.memoryUsage.rss()
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - before)
    }, 5)
    t.after(() => clearInterval(watch))
    await assert.rejects(readTable(path), {
      code: 'ERR_RECORD_TOO_LONG',
      message: /the row that begins near line 3 has more than 16777216 bytes/
    })
    assert.ok(most > 0 && most < 160e6, `${most} bytes more than before`)
  })

  const broken: [string, string | Uint8Array, string, RegExp][] = [
    ['a row with too many cells', 'a,b\n1,2\n\n3,4,5\n', 'ERR_RAGGED_ROW', /line 4: 3 cells, but the header has 2/],
    ['a row with too few cells', 'a,b\n"1\n2",3\n4\n', 'ERR_RAGGED_ROW', /line 4: 1 cells, but the header has 2/],
    ['a name that stands twice', 'a,b,a\n1,2,3\n', 'ERR_DUPLICATE_COLUMN', /columns 1 and 3 .* "a"/],
    ['a column without a name', 'a,,c\n1,2,3\n', 'ERR_UNNAMED_COLUMN', /column 2 of the 3 columns/],
    ['a value below no name', 'a,b,\n1,2,3\n', 'ERR_RAGGED_ROW', /line 2: 3 cells, but the header has 2/],
    ['UTF-16 without a mark', Buffer.from('a,b\n1,2\n', 'utf16le'), 'ERR_NOT_TEXT', /byte 1 is zero/],
    ['UTF-32', Buffer.from('fffe0000610000002c000000', 'hex'), 'ERR_NOT_TEXT', /byte 2 is zero/],
    ['a zero far down', `a,b\n${'1,2\n'.repeat(50_000)}\0`, 'ERR_NOT_TEXT', /byte 200004 is zero/],
    ['rows of separators alone', 'a,b\n,\n,\n', 'ERR_EMPTY_TABLE', /holds a header only/],
    ['a file of no bytes', '', 'ERR_EMPTY_TABLE', /holds nothing/],
    ['a file of blank lines', '\n  \n', 'ERR_EMPTY_TABLE', /holds nothing/],
    ['a header alone', 'a,b\n', 'ERR_EMPTY_TABLE', /holds a header only/],
    ['a quote that is not closed', 'a,b\n1,"2\n', 'ERR_TABLE_SYNTAX', /Quote Not Closed/],
    ['a quote inside a bare cell', 'a,b\n1,2"\n', 'ERR_TABLE_SYNTAX', /line 2/],
    ['bytes that are not text', 'a,b\n1,\0\n', 'ERR_NOT_TEXT', /byte 6 is zero/]
  ]
  for (const [what, content, code, message] of broken) {
    test(`refuses ${what}`, async (t) => {
      const path = await temporaryFile(t, 'a.csv', content)
      await assert.rejects(readTable(path), (error: Error & { code?: string }) => {
        assert.equal(error.code, code)
        assert.match(error.message, message)
        assert.ok(error.message.includes(path))
        return true
      })
    })
  }

  test('refuses a path without a file, a folder, and a pipe that nobody writes to', async (t) => {
    const folder = await temporaryFolder(t)
    await assert.rejects(readTable(join(folder, 'none.csv')), { code: 'ERR_TABLE_NOT_FOUND' })
    await assert.rejects(readTable(folder), { code: 'ERR_NOT_A_FILE' })
    execFileSync('mkfifo', [join(folder, 'pipe.csv')])
    await assert.rejects(readTable(join(folder, 'pipe.csv')), { code: 'ERR_NOT_A_FILE' })
  })

  test('stops when the signal fires, before and while it reads', async (t) => {
    const path = await temporaryFile(t, 'a.csv', `a,b\n${'1,2\n'.repeat(200_000)}`)
    await assert.rejects(readTable(path, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    const controller = new AbortController()
    const reading = readTable(path, { signal: controller.signal })
    setImmediate(() => controller.abort())
    await assert.rejects(reading, { name: 'AbortError' })
  })
})
