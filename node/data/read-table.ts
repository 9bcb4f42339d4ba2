import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { AbortOptions } from '@libp2p/interface'
import { CsvError, parse } from 'csv-parse'
import { delimiterOf } from './delimiter.ts'
import {
  EmptyTableError,
  NotAFileError,
  NotTextError,
  RaggedRowError,
  TableNotFoundError,
  TableSyntaxError
} from './errors.ts'
import { requireDistinctColumns, type Table } from './table.ts'

/** Enough for the header line of a table of a few thousand columns; the parser itself reads 64 KiB at a time too. */
const HEAD_BYTES = 64 * 1024

/** A record longer than this is a quote that was never closed: a million columns of 16 characters fit. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads a CSV or TSV file with a header line: UTF-8 with or without byte order mark, any line ends, blank lines
 * skipped, cells trimmed unless quoted. Tabs separate in `.tsv` and `.tab`, otherwise the header tells comma,
 * semicolon and tab apart. The text is streamed; the cells are kept. Only regular files are read, so that reading
 * always ends.
 *
 * Throws TableNotFoundError, NotAFileError, NotTextError, EmptyTableError, UnnamedColumnError, DuplicateColumnError,
 * RaggedRowError, TableSyntaxError, and AbortError when the signal fires.
 */
export async function readTable(path: string, options: AbortOptions = {}): Promise<Table> {
  const table = new TableBuilder(path)
  await scan(path, (record, line) => table.add(record, line), options)
  return table.build()
}

/** Reads a file as `readTable` does, and throws what it throws, but keeps nothing of it. */
export async function checkTable(path: string, options: AbortOptions = {}): Promise<void> {
  const table = new TableBuilder(path, { isKeeping: false })
  await scan(path, (record, line) => table.add(record, line), options)
  table.build()
}

type Take = (record: readonly string[], lineCount: number) => void

async function scan(path: string, take: Take, options: AbortOptions): Promise<void> {
  options.signal?.throwIfAborted()
  const file = await openFile(path)
  try {
    const delimiter = delimiterOf(path, await readHead(path, file))
    await parseTable(path, file, delimiter, take, options)
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

async function readHead(path: string, file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  if (bytesRead === 0) throw new EmptyTableError(path, 'nothing')
  const head = buffer.subarray(0, bytesRead)
  const zero = head.indexOf(0)
  if (zero !== -1) throw new NotTextError(path, zero)
  return head.toString('utf8')
}

async function parseTable(
  path: string,
  file: FileHandle,
  delimiter: string,
  take: Take,
  options: AbortOptions
): Promise<void> {
  const parser = parse({
    delimiter,
    bom: true,
    trim: true,
    info: true,
    skip_empty_lines: true,
    // Checked below instead, where the header is known to be right.
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_RECORD_BYTES
  })
  const collect = async (records: AsyncIterable<ParsedRecord>): Promise<void> => {
    for await (const { record, info } of records) take(record, info.lines)
  }
  try {
    await pipeline(file.createReadStream({ start: 0 }), parser, collect, options)
  } catch (cause) {
    if (cause instanceof CsvError) throw new TableSyntaxError(path, reasonOf(cause), { cause })
    throw cause
  }
}

function reasonOf({ code, message }: CsvError): string {
  if (code !== 'CSV_MAX_RECORD_SIZE') return message
  return `no row ends within ${MAX_RECORD_BYTES / 2 ** 20} MiB: is this a table, and is every quote closed`
}

class TableBuilder {
  readonly #source: string
  readonly #rows: (readonly string[])[] = []
  readonly #lines: number[] = []
  #columns: readonly string[] | undefined
  readonly #isKeeping: boolean
  #rowCount = 0
  #lineCount = 0
  /** By how much the parser is ahead: it counts `\r\n` inside a quoted cell as two lines. */
  #overcount = 0

  constructor(source: string, { isKeeping = true } = {}) {
    this.#source = source
    this.#isKeeping = isKeeping
  }

  /** `lineCount`: lines up to and with this record's last one, as the parser counts them. */
  add(record: readonly string[], lineCount: number): void {
    const line = this.#startOf(record, lineCount)
    if (this.#columns === undefined) {
      requireDistinctColumns(this.#source, record)
      this.#columns = record
      return
    }
    if (record.length !== this.#columns.length) {
      throw new RaggedRowError(this.#source, line, record.length, this.#columns.length)
    }
    this.#rowCount += 1
    if (!this.#isKeeping) return
    this.#rows.push(record)
    this.#lines.push(line)
  }

  build(): Table {
    if (this.#columns === undefined) throw new EmptyTableError(this.#source, 'nothing')
    if (this.#rowCount === 0) throw new EmptyTableError(this.#source, 'a header only')
    return { source: this.#source, columns: this.#columns, rows: this.#rows, lines: this.#lines }
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
