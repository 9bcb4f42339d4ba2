/** The sender is at fault: the payload does not fit its claimed codec and length, or leads to an impossible copy. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
  readonly code = 'ERR_PAYLOAD'
  readonly reason: 'wrong-length' | 'non-finite'

  constructor(reason: 'wrong-length' | 'non-finite', message: string) {
    super(message)
    this.reason = reason
  }
}
