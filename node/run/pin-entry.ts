import { CID } from 'multiformats/cid'
import type { KeptRoot } from '../../storage/index.ts'
import type { PinEntry } from '../control/index.ts'

/** The owner asked for something that is no CID. */
export class InvalidCidError extends Error {
  override readonly name = 'InvalidCidError'
  readonly code = 'ERR_USAGE'
  readonly statusCode = 400

  constructor(text: string) {
    super(`${text} is not a CID: copy it from \`starling checkpoints\` or from whoever announced it`)
  }
}

/** A kept root as the control socket tells it. */
export function pinEntry({ root, kind, by, createdAt, run, round, name }: KeptRoot): PinEntry {
  return {
    root: root.toString(),
    kind,
    by,
    createdAt,
    ...(run === undefined ? {} : { run }),
    ...(round === undefined ? {} : { round }),
    ...(name === undefined ? {} : { name })
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
