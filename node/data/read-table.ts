import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { AbortOptions } from '@libp2p/interface'
import { CsvError, parse } from 'csv-parse'
import { replaceDecimalCommas } from './decimal-comma.ts'
import { type Dialect, dialectOf } from './delimiter.ts'
import {
  EmptyTableError,
  NotAFileError,
  RaggedRowError,
  RecordTooLongError,
  TableNotFoundError,
  TableSyntaxError
} from './errors.ts'
import { requireDistinctColumns, type Table } from './table.ts'
import { decodeText, encodingOf, type TextEncoding } from './text-encoding.ts'

/** Enough for the header line of a table of a few thousand columns; the parser itself reads 64 KiB at a time too. */
const HEAD_BYTES = 64 * 1024

/** A record longer than this is a quote that was never closed: a million columns of 16 characters fit. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024

interface ParsedRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads a CSV or TSV file with a header line: UTF-8 with or without byte order mark, UTF-16 with one, or Windows-1252;
 * any line ends, blank lines skipped, cells trimmed unless quoted. A first line `sep=;` names the separator; otherwise
 * tabs separate in `.tsv` and `.tab`, and the header tells comma, semicolon and tab apart. Where no comma separates, it
 * may be a decimal one. Empty columns and rows at the end, which spreadsheets leave, are dropped. The text is streamed;
 * the cells are kept. Only regular files are read, so that reading always ends.
 *
 * Throws TableNotFoundError, NotAFileError, NotTextError, EmptyTableError, UnnamedColumnError, DuplicateColumnError,
 * RaggedRowError, RecordTooLongError, TableSyntaxError, and AbortError when the signal fires.
 */
export async function readTable(path: string, options: AbortOptions = {}): Promise<Table> {
  const builder = new TableBuilder(path)
  const { encoding, delimiter } = await scan(path, (record, line) => builder.add(record, line), options)
  const { table, rows } = builder.build()
  const commaColumns = delimiter === ',' ? [] : replaceDecimalCommas(rows, table.columns.length)
  const remarks = []
  if (encoding === 'windows-1252') remarks.push(`${path} is not UTF-8: read as Windows-1252`)
  if (commaColumns.length > 0) {
    const names = commaColumns.map((column) => `"${table.columns[column]}"`).join(', ')
    remarks.push(`${path} has decimal commas, read as such, in ${names}`)
  }
  return remarks.length === 0 ? table : { ...table, remarks }
}

/** Reads a file as `readTable` does, and throws what it throws, but keeps nothing of it. */
export async function checkTable(path: string, options: AbortOptions = {}): Promise<void> {
  const builder = new TableBuilder(path, { isKeeping: false })
  await scan(path, (record, line) => builder.add(record, line), options)
  builder.build()
}

type Take = (record: string[], lineCount: number) => void

/** How a file of text is to be read. */
interface TextForm extends Dialect {
  readonly encoding: TextEncoding
}

async function scan(path: string, take: Take, options: AbortOptions): Promise<TextForm> {
  options.signal?.throwIfAborted()
  const file = await openFile(path)
  try {
    const head = await readHead(path, file)
    const encoding = await encodingOf(path, file, head, options)
    const form = { encoding, ...dialectOf(path, new TextDecoder(encoding).decode(head)) }
    await parseTable(path, file, form, take, options)
    return form
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    // Non-blocking, because opening a pipe that nobody writes to would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new TableNotFoundError(path, { cause })
    }
    throw cause
  }
  const stats = await file.stat()
  if (stats.isFile()) return file
  await file.close()
  throw new NotAFileError(path)
}

async function readHead(path: string, file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  if (bytesRead === 0) throw new EmptyTableError(path, 'nothing')
  return buffer.subarray(0, bytesRead)
}

async function parseTable(
  path: string,
  file: FileHandle,
  { encoding, delimiter, linesAbove }: TextForm,
  take: Take,
  options: AbortOptions
): Promise<void> {
  const parser = parse({
    delimiter,
    bom: true,
    trim: true,
    info: true,
    skip_empty_lines: true,
    from_line: 1 + linesAbove,
    // Checked below instead, where the header is known to be right.
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_RECORD_BYTES
  })
  const collect = async (records: AsyncIterable<ParsedRecord>): Promise<void> => {
    for await (const { record, info } of records) take(record, info.lines)
  }
  const bytes = file.createReadStream({ start: 0 })
  try {
    if (encoding === 'utf-8') await pipeline(bytes, parser, collect, options)
    else await pipeline(bytes, decodeText(encoding), parser, collect, options)
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    if (cause.code === 'CSV_MAX_RECORD_SIZE') {
      throw new RecordTooLongError(path, parser.info.lines, MAX_RECORD_BYTES, { cause })
    }
    throw new TableSyntaxError(path, cause.message, { cause })
  }
}

function isBlank(cell: string): boolean {
  return cell.trim() === ''
}

/** Without the cells that hold nothing at its end, but at least `least` cells. */
function withoutBlankEnd(record: string[], least: number): string[] {
  if (record.length <= least) return record
  return record.slice(0, Math.max(least, record.findLastIndex((cell) => !isBlank(cell)) + 1))
}

class TableBuilder {
  readonly #source: string
  readonly #rows: string[][] = []
  readonly #lines: number[] = []
  #columns: readonly string[] | undefined
  readonly #isKeeping: boolean
  #rowCount = 0
  /** How many of the last rows hold nothing. */
  #blankRows = 0
  #lineCount = 0
  /** By how much the parser is ahead: it counts `\r\n` inside a quoted cell as two lines. */
  #overcount = 0

  constructor(source: string, { isKeeping = true } = {}) {
    this.#source = source
    this.#isKeeping = isKeeping
  }

  /** `lineCount`: lines up to and with this record's last one, as the parser counts them. */
  add(record: string[], lineCount: number): void {
    const line = this.#startOf(record, lineCount)
    if (this.#columns === undefined) {
      this.#columns = withoutBlankEnd(record, 1)
      requireDistinctColumns(this.#source, this.#columns)
      return
    }
    const row = withoutBlankEnd(record, this.#columns.length)
    if (row.length !== this.#columns.length) {
      throw new RaggedRowError(this.#source, line, record.length, this.#columns.length)
    }
    this.#rowCount += 1
    // A lone quoted empty cell is a row that somebody wrote; a line of separators is what a spreadsheet leaves.
    this.#blankRows = record.length > 1 && row.every(isBlank) ? this.#blankRows + 1 : 0
    if (!this.#isKeeping) return
    this.#rows.push(row)
    this.#lines.push(line)
  }

  /** `rows`: those of the table, to be changed. */
  build(): { table: Table; rows: readonly string[][] } {
    if (this.#columns === undefined) throw new EmptyTableError(this.#source, 'nothing')
    const count = this.#rowCount - this.#blankRows
    if (count === 0) throw new EmptyTableError(this.#source, 'a header only')
    const rows = this.#rows.slice(0, count)
    const table = { source: this.#source, columns: this.#columns, rows, lines: this.#lines.slice(0, count) }
    return { table, rows }
  }

  #startOf(record: readonly string[], lineCount: number): number {
    const isOneLine = lineCount === this.#lineCount + 1
    this.#lineCount = lineCount
    if (isOneLine) return lineCount - this.#overcount
    const text = record.join('')
    this.#overcount += text.match(/\r\n/g)?.length ?? 0
    return lineCount - this.#overcount - (text.match(/\r\n|\r|\n/g)?.length ?? 0)
  }
}
