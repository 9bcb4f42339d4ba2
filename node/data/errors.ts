/**
 * Every way in which a table, a schema or a split can be wrong: one class a cause, each with a stable `code`.
 * Messages quote the owner's own cells, so they belong on the owner's terminal and never in a log that leaves it.
 */

import { namesNear } from './names-near.ts'

/** How many names a message lists in full before it says how many more there are. */
const MAX_NAMES_LISTED = 12

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES_LISTED).map((name) => JSON.stringify(name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** There is no file at the path. */
export class TableNotFoundError extends Error {
  override readonly name = 'TableNotFoundError'
  readonly code = 'ERR_TABLE_NOT_FOUND'

  constructor(source: string, options?: ErrorOptions) {
    super(`there is no file ${source}: check the path`, options)
  }
}

/** The path is a directory, a pipe or a device. */
export class NotAFileError extends Error {
  override readonly name = 'NotAFileError'
  readonly code = 'ERR_NOT_A_FILE'

  constructor(source: string) {
    super(`${source} is not a regular file: give the path of one CSV or TSV file`)
  }
}

/** The file holds bytes that no CSV or TSV in UTF-8 holds. */
export class NotTextError extends Error {
  override readonly name = 'NotTextError'
  readonly code = 'ERR_NOT_TEXT'

  constructor(source: string, offset: number) {
    super(`${source} is not text: byte ${offset} is zero; save the table as CSV in UTF-8`)
  }
}

/** The file has no row of data, or not even a header. */
export class EmptyTableError extends Error {
  override readonly name = 'EmptyTableError'
  readonly code = 'ERR_EMPTY_TABLE'

  constructor(source: string, found: 'nothing' | 'a header only') {
    super(`${source} holds ${found}: a table needs a header line and at least one row below it`)
  }
}

/** Two columns of one file have the same name. */
export class DuplicateColumnError extends Error {
  override readonly name = 'DuplicateColumnError'
  readonly code = 'ERR_DUPLICATE_COLUMN'

  constructor(source: string, column: string, first: number, second: number) {
    super(`columns ${first} and ${second} of ${source} are both called "${column}": rename one`)
  }
}

/** A column has no name. */
export class UnnamedColumnError extends Error {
  override readonly name = 'UnnamedColumnError'
  readonly code = 'ERR_UNNAMED_COLUMN'

  constructor(source: string, position: number, columns: number) {
    super(`column ${position} of the ${columns} columns of ${source} has no name: name it in the header or remove it`)
  }
}

/** A row has more or fewer cells than the header. */
export class RaggedRowError extends Error {
  override readonly name = 'RaggedRowError'
  readonly code = 'ERR_RAGGED_ROW'

  constructor(source: string, line: number, cells: number, columns: number) {
    super(`${source}, line ${line}: ${cells} cells, but the header has ${columns}: quote cells that hold the separator`)
  }
}

/** A row that does not end, or not before memory would. */
export class RecordTooLongError extends Error {
  override readonly name = 'RecordTooLongError'
  readonly code = 'ERR_RECORD_TOO_LONG'

  constructor(source: string, line: number, limitBytes: number, options?: ErrorOptions) {
    super(
      `${source}: the row that begins near line ${line} has more than ${limitBytes} bytes: close its quote, or give the ` +
        'file line ends',
      options
    )
  }
}

/** Quotes that do not match, or a record without an end. `cause` is the parser's error. */
export class TableSyntaxError extends Error {
  override readonly name = 'TableSyntaxError'
  readonly code = 'ERR_TABLE_SYNTAX'

  constructor(source: string, reason: string, options?: ErrorOptions) {
    super(`${source} is not well-formed: ${reason}; a quote inside a quoted cell is written twice`, options)
  }
}

/** A column was asked for that the file does not have. */
export class NoSuchColumnError extends Error {
  override readonly name = 'NoSuchColumnError'
  readonly code = 'ERR_NO_SUCH_COLUMN'

  constructor(source: string, column: string, columns: readonly string[]) {
    const near = namesNear(column, columns)
    const hint = near.length > 0 ? `: did you mean ${list(near)}?` : '.'
    super(`${source} has no column "${column}"${hint} Its columns are ${list(columns)}`)
  }
}

/** Nothing is left to learn from: no column besides the label has a value. */
export class NoFeatureColumnsError extends Error {
  override readonly name = 'NoFeatureColumnsError'
  readonly code = 'ERR_NO_FEATURE_COLUMNS'

  constructor(label: string) {
    super(`no column besides the label "${label}" holds a value: add at least one column to learn from`)
  }
}

/** The file shares no feature column with the schema: most likely another table altogether. */
export class NoMatchingColumnsError extends Error {
  override readonly name = 'NoMatchingColumnsError'
  readonly code = 'ERR_NO_MATCHING_COLUMNS'

  constructor(source: string, expected: readonly string[], found: readonly string[]) {
    super(`${source} has none of the columns to learn from, ${list(expected)}: its columns are ${list(found)}`)
  }
}

/** The label takes fewer than two values. */
export class OneClassError extends Error {
  override readonly name = 'OneClassError'
  readonly code = 'ERR_ONE_CLASS'

  constructor(label: string, classes: readonly string[]) {
    const found = classes.length === 0 ? 'no value' : `only the value ${list(classes)}`
    super(`the label "${label}" takes ${found}: two classes or more are needed; name those that others hold as classes`)
  }
}

/** The label of a regression takes fewer than two values. */
export class ConstantLabelError extends Error {
  override readonly name = 'ConstantLabelError'
  readonly code = 'ERR_CONSTANT_LABEL'

  constructor(label: string, value: number | undefined) {
    const found = value === undefined ? 'no value' : `the same value in all rows, ${value}`
    super(`the label "${label}" has ${found}: there is nothing to predict; choose another column`)
  }
}

/** The label looks like a number to predict, and nobody said whether it is that or a class. */
export class ContinuousLabelError extends Error {
  override readonly name = 'ContinuousLabelError'
  readonly code = 'ERR_CONTINUOUS_LABEL'

  constructor(label: string, count: number, example: string) {
    super(
      `the label "${label}" takes ${count} different numbers, "${example}" for one: give --task regression to predict ` +
        'the number, or --task classification if each is a class'
    )
  }
}

/** Classes for a label that is a number. */
export class ClassesOfNumbersError extends Error {
  override readonly name = 'ClassesOfNumbersError'
  readonly code = 'ERR_CLASSES_OF_NUMBERS'

  constructor(label: string, classes: readonly string[]) {
    super(
      `the classes ${list(classes)} are given for "${label}", of which the number is predicted: leave the classes out`
    )
  }
}

/** A text column has more distinct values than are worth a feature each. */
export class TooManyCategoriesError extends Error {
  override readonly name = 'TooManyCategoriesError'
  readonly code = 'ERR_TOO_MANY_CATEGORIES'

  constructor(column: string, limit: number, firstText: { source: string; line: number; value: string }) {
    const { source, line, value } = firstText
    super(
      `column "${column}" has more than ${limit} distinct values and is not all numbers (${source}, line ${line}: ` +
        `"${value}"): remove it if it identifies rows, or correct the cells that should be numbers`
    )
  }
}

/** Text where the schema says number. */
export class NotANumberError extends Error {
  override readonly name = 'NotANumberError'
  readonly code = 'ERR_NOT_A_NUMBER'

  constructor(source: string, line: number, column: string, value: string) {
    super(`${source}, line ${line}, column "${column}": "${value}" is not a number; correct it or leave the cell empty`)
  }
}

/** The label of a row is so far from the others' that a step towards it would throw the model away. */
export class LabelTooFarError extends Error {
  override readonly name = 'LabelTooFarError'
  readonly code = 'ERR_LABEL_TOO_FAR'

  constructor(source: string, line: number, column: string, value: string, target: { centre: number; scale: number }) {
    super(
      `${source}, line ${line}, column "${column}": "${value}" is too far from the run's ${target.centre} +- ` +
        `${target.scale} to learn from: correct it, or leave the cell empty`
    )
  }
}

/** A label that is none of the schema's classes. */
export class UnknownClassError extends Error {
  override readonly name = 'UnknownClassError'
  readonly code = 'ERR_UNKNOWN_CLASS'

  constructor(place: string, value: string, classes: readonly string[]) {
    super(`${place}: the label "${value}" is none of the classes ${list(classes)}: correct it, or remove the row`)
  }
}

/** Too few rows to train on. */
export class TooFewRowsError extends Error {
  override readonly name = 'TooFewRowsError'
  readonly code = 'ERR_TOO_FEW_ROWS'

  constructor(source: string, rows: number, least: number) {
    super(`${source} leaves ${rows} rows to train on, at least ${least} are needed: add rows or hold out fewer`)
  }
}

/** A fraction to hold out outside [0, 1). */
export class InvalidFractionError extends Error {
  override readonly name = 'InvalidFractionError'
  readonly code = 'ERR_INVALID_FRACTION'

  constructor(fraction: number) {
    super(`the fraction to hold out is ${fraction}: give a number from 0 up to, but not including, 1`)
  }
}

/** A Dirichlet concentration that is not a positive finite number. */
export class InvalidAlphaError extends Error {
  override readonly name = 'InvalidAlphaError'
  readonly code = 'ERR_INVALID_ALPHA'

  constructor(alpha: number) {
    super(`alpha is ${alpha}: give a positive number (0.1 is very uneven, 100 nearly even)`)
  }
}

/** A number of peers that rows cannot be shared among. */
export class InvalidPeerCountError extends Error {
  override readonly name = 'InvalidPeerCountError'
  readonly code = 'ERR_INVALID_PEER_COUNT'

  constructor(peers: number, rows: number, least: number) {
    super(
      `${rows} rows cannot be shared among ${peers} peers: give a whole number of peers, with ${least} rows for each`
    )
  }
}

/** A label that is not a class number. */
export class LabelOutOfRangeError extends Error {
  override readonly name = 'LabelOutOfRangeError'
  readonly code = 'ERR_LABEL_OUT_OF_RANGE'

  constructor(row: number, label: number, classes: number) {
    super(`row ${row} has label ${label}, but labels go from 0 to ${classes - 1}`)
  }
}
