import type { CID } from 'multiformats/cid'
import { DeadlineError, type KeptRoot } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'

/** Long enough to ask every connected peer for one block over a slow line. */
const FIRST_BLOCK_TIMEOUT_MS = 30_000

/** Nobody gave the root. */
export class NotProvidedError extends Error {
  override readonly name = 'NotProvidedError'
  readonly code = 'ERR_NOT_PROVIDED'
  readonly statusCode = 404
}

/** Keeps a root that the owner named, fetched from connected peers. Throws NotProvidedError with those that were asked. */
export async function pinForUser({ storage, libp2p }: Pick<Peer, 'storage' | 'libp2p'>, root: CID): Promise<KeptRoot> {
  try {
    await storage.getBlock(root, { timeoutMs: FIRST_BLOCK_TIMEOUT_MS })
  } catch (cause) {
    if (!(cause instanceof DeadlineError)) throw cause
    const peers = [...new Set(libp2p.getPeers().map(String))]
    const asked =
      peers.length === 0 ? 'no peer is connected' : `asked ${peers.length} connected peers (${peers.join(', ')})`
    throw new NotProvidedError(`nobody provides ${root}: ${asked}, gave up after ${FIRST_BLOCK_TIMEOUT_MS / 1000} s`, {
      cause
    })
  }
  return storage.pins.keep(root, { kind: 'other', by: 'user', createdAt: Date.now() })
}
