/** The name of a file says no format that is known. */
export class UnknownModelFormatError extends Error {
  override readonly name = 'UnknownModelFormatError'
  readonly code = 'ERR_UNKNOWN_MODEL_FORMAT'

  constructor(path: string, endings: readonly string[]) {
    super(`${path} is no model file by its name: those that can be read end in ${endings.join(', ')}`)
  }
}

/** A model file is not there, too large, cut short or damaged. */
export class UnreadableModelError extends Error {
  override readonly name = 'UnreadableModelError'
  readonly code = 'ERR_UNREADABLE_MODEL'

  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path} cannot be read as a model: ${reason}`, { cause })
  }
}

/** A file of weights that does not say which rows they are for. */
export class UndescribedModelError extends Error {
  override readonly name = 'UndescribedModelError'
  readonly code = 'ERR_UNDESCRIBED_MODEL'

  constructor(path: string) {
    super(
      `${path} holds weights and says nothing about columns and classes: use a file that \`starling export\` wrote, ` +
        'or start a run from it with `starling create --initial`'
    )
  }
}

/** A model that a format cannot hold. */
export class NotExportableError extends Error {
  override readonly name = 'NotExportableError'
  readonly code = 'ERR_NOT_EXPORTABLE'

  constructor(what: string, format: string, reason: string) {
    super(`${what} cannot be exported to ${format}: ${reason}`)
  }
}

/** A file of that name is there already. */
export class OutputExistsError extends Error {
  override readonly name = 'OutputExistsError'
  readonly code = 'ERR_OUTPUT_EXISTS'

  constructor(path: string) {
    super(`${path} is there already: choose another --output, or add --force to write over it`)
  }
}

/** The file cannot be written where it was to go. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  readonly code = 'ERR_OUTPUT'

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    super(`${path} cannot be written (${reason}): choose another --output`, { cause })
  }
}

/** The name of the output says another format than the one that was asked for. */
export class OutputEndingError extends Error {
  override readonly name = 'OutputEndingError'
  readonly code = 'ERR_OUTPUT_ENDING'

  constructor(path: string, format: string, ending: string) {
    super(`--output ${path} does not end in ${ending}, by which a file of the format ${format} is known: add it`)
  }
}
