import type { CID } from 'multiformats/cid'
import type { Storage } from '../../storage/index.ts'

/** Lets go of what the owner and the policies keep; what a client of the pinning API keeps stays the client's. */
export async function unpinOwn({ pins }: Pick<Storage, 'pins'>, root: CID): Promise<boolean> {
  if ((await pins.get(root)) === undefined) return false
  for (const by of ['policy', 'user'] as const) await pins.unkeep(root, by)
  const left = await pins.get(root)
  if (left !== undefined) throw new KeptForClientError(root)
  return true
}

/** A client keeps the root too. */
export class KeptForClientError extends Error {
  override readonly name = 'KeptForClientError'
  readonly code = 'ERR_KEPT_FOR_CLIENT'
  readonly statusCode = 409

  constructor(root: CID) {
    super(`${root} is still kept for a client of the pinning API: it goes when the client removes it`)
  }
}
