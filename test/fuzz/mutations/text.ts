/** Mutations of JSON and of tables. */
import type { Draws } from '../draws.ts'
import { type Mutation, replaced } from './bytes.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const STRANGE_JSON = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '1',
    '0.5',
    '1e999',
    '-1e999',
    '1e-999',
    '9007199254740993',
    '4294967296'
  ],
  ...['18446744073709551616', '""', '"x"', '"\\u0000"', '"\\ud800"', '"__proto__"', '"F32"', '"Dense"', '"\\u202e"'],
  ...[
    '[]',
    '[null]',
    '[0,0]',
    '[-1]',
    '[1e308,1e308]',
    '[4294967296,4294967296]',
    '{}',
    '{"":0}',
    '{"__proto__":null}'
  ],
  ...['{"constructor":{"prototype":1}}', '{"length":-1}', 'NaN', 'Infinity', '\ufeff1', '// x', "'x'", '01', '+1']
].map(utf8)

const deepJson = (levels: number): Uint8Array => utf8(`${'['.repeat(levels)}0${']'.repeat(levels)}`)

/** Numbers, words and text in quotes, and everything between brackets as far as the next one. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{}:,]/g

function tokenOf(bytes: Uint8Array, draws: Draws): { at: number; end: number; text: string } | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const tokens = [...text.matchAll(JSON_TOKEN)]
  if (tokens.length === 0) return undefined
  const token = draws.pick(tokens)
  return { at: token.index, end: token.index + token[0].length, text: token[0] }
}

function ofToken(change: (token: string, draws: Draws) => Uint8Array): Mutation {
  return (bytes, draws) => {
    const token = tokenOf(bytes, draws)
    return token === undefined ? bytes : replaced(bytes, token.at, token.end, change(token.text, draws))
  }
}

const replaceToken = ofToken((_, draws) =>
  draws.below(60) === 0 ? deepJson(draws.pick([10, 5000])) : draws.pick(STRANGE_JSON)
)
const repeatToken = ofToken((token) => utf8(`${token},${token}`))
const removeToken = ofToken(() => new Uint8Array())
const wrapToken = ofToken((token, draws) => utf8(draws.below(2) === 0 ? `[${token}]` : `{"a":${token}}`))
const renameKey = ofToken((token, draws) =>
  token.startsWith('"') ? utf8(draws.pick(['"v"', '"__proto__"', '""'])) : utf8(token)
)

export const JSON_MUTATIONS: readonly Mutation[] = [
  replaceToken,
  replaceToken,
  repeatToken,
  removeToken,
  wrapToken,
  renameKey
]

/** What separates, quotes, ends or disguises cells, and cells that are nearly numbers. */
const STRANGE_CELLS: readonly Uint8Array[] = [
  ...[
    '"',
    '""',
    '"""',
    ',',
    ';',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    ',\n',
    '\0',
    '\ufeff',
    ' ',
    '\u00a0',
    '\u202e',
    '\u2028'
  ],
  ...[
    'x',
    'NaN',
    '?',
    'NA',
    '1e999',
    '-1e400',
    '0x10',
    '1,5',
    '1.000,5',
    '∞',
    '1e5',
    '+.5',
    '5.',
    '-',
    '=1+1',
    '#',
    '\\'
  ]
].map(utf8)

const BROKEN_UTF8 = [
  Uint8Array.of(0xc3),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xff, 0xfe),
  Uint8Array.of(0xe9)
]

const insertCell: Mutation = (bytes, draws) => {
  const at = draws.below(bytes.length + 1)
  const cell = draws.below(8) === 0 ? draws.pick(BROKEN_UTF8) : draws.pick(STRANGE_CELLS)
  return replaced(bytes, at, at, cell)
}

const replaceCell: Mutation = (bytes, draws) => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const cells = [...text.matchAll(/[^,;\t\r\n]+/g)]
  if (cells.length === 0) return bytes
  const cell = draws.pick(cells)
  return replaced(bytes, cell.index, cell.index + cell[0].length, draws.pick(STRANGE_CELLS))
}

const changeLineEnds: Mutation = (bytes, draws) => {
  const to = draws.pick(['\r', '\r\n', '\n\r', '\u2028'])
  return utf8(
    Buffer.from(bytes)
      .toString('utf8')
      .replaceAll('\n', (end) => (draws.below(2) === 0 ? end : to))
  )
}

export const TABLE_MUTATIONS: readonly Mutation[] = [insertCell, insertCell, replaceCell, replaceCell, changeLineEnds]
