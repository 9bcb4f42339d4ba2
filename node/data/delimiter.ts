/** In this order: the first wins a tie, and a header with none of them is one column of a CSV. */
const DELIMITERS = [',', ';', '\t'] as const

/** Excel's first line that names the separator, which is no row of the table. */
const SEPARATOR_LINE = /^sep=([^\w" \r\n])(\r\n|\r|\n)/i

/** What separates the cells, and how many lines stand above the header to say so. */
export interface Dialect {
  readonly delimiter: string
  readonly linesAbove: 0 | 1
}

/** How a table is written, by the name of its file and the beginning of its text. */
export function dialectOf(path: string, head: string): Dialect {
  const [, separator] = SEPARATOR_LINE.exec(head) ?? []
  if (separator !== undefined) return { delimiter: separator, linesAbove: 1 }
  return { delimiter: delimiterOf(path, head), linesAbove: 0 }
}

/**
 * What separates the cells: a tab in `.tsv` and `.tab` files, otherwise whichever of comma, semicolon and tab stands
 * most often outside quotes in the header line. `head`: the beginning of the file's text.
 */
function delimiterOf(path: string, head: string): string {
  if (/\.(tsv|tab)$/i.test(path)) return '\t'
  const header = unquotedHeader(head)
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** The first line that is not blank, without its quoted parts, which may hold line ends and delimiters themselves. */
function unquotedHeader(head: string): string {
  const unquoted = head.replace(/"[^"]*("|$)/g, 'x')
  return unquoted.split(/\r\n|\r|\n/).find((line) => line.trim() !== '') ?? ''
}
