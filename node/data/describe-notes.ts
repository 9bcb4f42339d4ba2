import type { EncodingNotes } from './encode.ts'

/** How many names a note lists. */
const MAX_NAMES_LISTED = 12

/** What did not fit the run's schema, a sentence each, for the owner's terminal. */
export function describeNotes({ ignoredColumns, missingColumns, missingLabels, ...notes }: EncodingNotes): string[] {
  const sentences = [...notes.remarks]
  if (ignoredColumns.length > 0) sentences.push(`columns that the run does not know: ${list(ignoredColumns)}`)
  if (missingColumns.length > 0) sentences.push(`columns that are missing, taken as empty: ${list(missingColumns)}`)
  if (missingLabels > 0) sentences.push(`rows without a label, left out: ${missingLabels}`)
  for (const { column, rows, values } of notes.unknownCategories) {
    sentences.push(`rows whose "${column}" the run does not know, taken as other: ${rows} (${list(values)})`)
  }
  return sentences
}

function list(names: readonly string[]): string {
  const more = names.length - MAX_NAMES_LISTED
  return `${names.slice(0, MAX_NAMES_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
