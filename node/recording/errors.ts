/** There is a recording already: two in one folder could not be told apart. */
export class RecordingExistsError extends Error {
  override readonly name = 'RecordingExistsError'
  readonly code = 'ERR_RECORDING_EXISTS'

  constructor(folder: string) {
    super(`${folder} holds a recording already: give another folder with --record, or delete it`)
  }
}

/** The folder, or a file in it, is not what a recording has. */
export class InvalidRecordingError extends Error {
  override readonly name = 'InvalidRecordingError'
  readonly code = 'ERR_INVALID_RECORDING'

  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path} is not part of a recording: ${reason}`, { cause })
  }
}
