/** Tables of the user's own, and what a run makes of them. */
import assert from 'node:assert/strict'
import {
  DuplicateColumnError,
  EmptyTableError,
  encodeTable,
  inferSchema,
  NoFeatureColumnsError,
  NoMatchingColumnsError,
  NoSuchColumnError,
  NotANumberError,
  NotTextError,
  OneClassError,
  RaggedRowError,
  readTable,
  type Table,
  TableSyntaxError,
  TooManyCategoriesError,
  UnknownClassError,
  UnnamedColumnError
} from '../../node/data/index.ts'
import type { Decoder } from './decoder.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const SAMPLES = [
  'x,y,species\n1,2,wren\n2.5,-3e2,finch\n,NA,wren\n',
  '\ufeffx;y;species\r\n1.5;2;"wren"\r\n2;3;finch\r\n',
  'y\tsite\tspecies\n"a\nb"\tleft\twren\n c \tright\tfinch\n\n',
  '"x","y","species"\n"1","2","wren"\n"3","4","finch"\n'
].map(utf8)

const READ_ERRORS = [
  DuplicateColumnError,
  EmptyTableError,
  NotTextError,
  RaggedRowError,
  TableSyntaxError,
  UnnamedColumnError
]

const SCHEMA_ERRORS = [
  NoFeatureColumnsError,
  NoMatchingColumnsError,
  NoSuchColumnError,
  NotANumberError,
  OneClassError,
  TooManyCategoriesError,
  UnknownClassError
]

const SCHEMA = {
  kind: 'classification',
  label: 'species',
  columns: [
    { name: 'x', kind: 'number', centre: 1, scale: 2 },
    { name: 'y', kind: 'category', values: ['2', '3'] }
  ],
  classes: ['finch', 'wren']
} as const

function checkTable({ columns, rows, lines }: Table): void {
  assert.ok(rows.length > 0 && rows.every((row) => row.length === columns.length), 'a ragged table')
  assert.ok(lines === undefined || lines.every((line, at) => line > (lines[at - 1] ?? 0)), 'lines out of order')
}

/** `write` puts bytes into a file and answers with its path: tables are read from files only. */
export function tableDecoders(write: (bytes: Uint8Array) => string): Decoder[] {
  return [
    {
      name: 'table',
      // Each is a file, a stream and a parser of its own.
      cost: 20,
      shape: 'table',
      samples: SAMPLES,
      throws: [...READ_ERRORS, ...SCHEMA_ERRORS],
      decode: async (bytes) => {
        const table = await readTable(write(bytes))
        checkTable(table)
        const { features } = encodeTable(table, SCHEMA)
        assert.ok(features.every(Number.isFinite), 'a feature is not finite')
        return inferSchema([table], { label: 'species' })
      }
    }
  ]
}
