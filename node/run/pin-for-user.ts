import type { CID } from 'multiformats/cid'
import { DagTooLargeError, DeadlineError, type KeptRoot } from '../../storage/index.ts'
import { freeDisk, NotEnoughDiskError } from '../limits/index.ts'
import type { Peer } from '../peer.ts'

/** Long enough to ask every connected peer for one block over a slow line. */
const FIRST_BLOCK_TIMEOUT_MS = 30_000

/** Free space that a pin leaves to the runs. */
const PIN_MARGIN_BYTES = 64 * 1024 * 1024

/** A root that leads to more is taken for a mistake: 250 M parameters. */
const MAX_PIN_BYTES = 1024 ** 3

/** Nobody gave the root. */
export class NotProvidedError extends Error {
  override readonly name = 'NotProvidedError'
  readonly code = 'ERR_NOT_PROVIDED'
  readonly statusCode = 404
}

/**
 * Keeps a root that the owner named, fetched from connected peers as far as the disk has room. Throws NotProvidedError
 * with those that were asked, NotEnoughDiskError, DagTooLargeError.
 */
export async function pinForUser(peer: Pick<Peer, 'storage' | 'libp2p' | 'home'>, root: CID): Promise<KeptRoot> {
  const { storage, libp2p, home } = peer
  try {
    await storage.getBlock(root, { timeoutMs: FIRST_BLOCK_TIMEOUT_MS })
  } catch (cause) {
    if (!(cause instanceof DeadlineError)) throw cause
    const peers = [...new Set(libp2p.getPeers().map(String))]
    const asked = peers.length === 0 ? 'no peer is connected to ask' : `asked ${peers.length}, ${peers.join(', ')}`
    throw new NotProvidedError(
      `nobody gave ${root} within ${FIRST_BLOCK_TIMEOUT_MS / 1000} s (${asked}): check the CID, or that a peer that has ` +
        'it is connected, with `starling status`',
      { cause }
    )
  }
  const free = Math.max(0, (await freeDisk(home.dir)) - PIN_MARGIN_BYTES)
  const details = { kind: 'other', by: 'user', createdAt: Date.now() } as const
  return storage.pins.keep(root, details, { maxBytes: Math.min(free, MAX_PIN_BYTES) }).catch((error: unknown) => {
    const isDisk = error instanceof DagTooLargeError && free < MAX_PIN_BYTES
    throw isDisk ? new NotEnoughDiskError(`pinning ${root}`, undefined, free, home.dir) : error
  })
}
