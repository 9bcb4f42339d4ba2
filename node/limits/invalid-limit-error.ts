/** A limit that its owner wrote cannot be understood. The message completes "… must be". */
export class InvalidLimitError extends Error {
  override readonly name = 'InvalidLimitError'
  readonly code = 'ERR_INVALID_LIMIT'
}
