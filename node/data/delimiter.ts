/** In this order: the first wins a tie, and a header with none of them is one column of a CSV. */
const DELIMITERS = [',', ';', '\t'] as const

/**
 * What separates the cells: a tab in `.tsv` and `.tab` files, otherwise whichever of comma, semicolon and tab stands
 * most often outside quotes in the header line. `head`: the beginning of the file's text.
 */
export function delimiterOf(path: string, head: string): string {
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
