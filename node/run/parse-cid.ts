import { CID } from 'multiformats/cid'

/** The owner asked for something that is no CID. */
export class InvalidCidError extends Error {
  override readonly name = 'InvalidCidError'
  readonly code = 'ERR_USAGE'
  readonly statusCode = 400

  constructor(text: string) {
    super(`${text} is not a CID: copy it from \`starling checkpoints\` or from whoever announced it`)
  }
}

/** Throws InvalidCidError. */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text)
  } catch {
    throw new InvalidCidError(text)
  }
}
