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

/** No peer that was asked gave a block. */
export class NobodyHasItError extends Error {
  override readonly name = 'NobodyHasItError'
  readonly code = 'ERR_NOBODY_HAS_IT'
  readonly statusCode = 404

  constructor(root: CID, asked: readonly string[], ms: number, cause: unknown) {
    const where = asked.length === 0 ? 'no peer is connected to ask' : `asked ${asked.length}, ${asked.join(', ')}`
    super(
      `nobody gave ${root} within ${Math.round(ms / 1000)} s (${where}): check the CID, or that a peer that has it is ` +
        'connected, with `starling status`',
      { cause }
    )
  }
}

/** A kept root as the control socket tells it. */
export function pinEntry({ root, kind, by, createdAt, run, round }: KeptRoot): PinEntry {
  return {
    root: root.toString(),
    kind,
    by,
    createdAt,
    ...(run === undefined ? {} : { run }),
    ...(round === undefined ? {} : { round })
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
