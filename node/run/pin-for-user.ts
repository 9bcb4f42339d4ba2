import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'
import { DagTooLargeError, DeadlineError, type KeptRoot } from '../../storage/index.ts'
import { freeDisk, NotEnoughDiskError } from '../limits/index.ts'
import type { Peer } from '../peer.ts'

/** Long enough to ask every connected peer for one block over a slow line. */
const FIRST_BLOCK_TIMEOUT_MS = 30_000

/** A dial over a slow line with two handshakes. */
const DIAL_TIMEOUT_MS = 15_000

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

/** The text is no address with a peer id. */
export class InvalidAddressError extends Error {
  override readonly name = 'InvalidAddressError'
  readonly code = 'ERR_USAGE'
  readonly statusCode = 400

  constructor(text: string) {
    super(`${text.slice(0, 200)} is not the address of a peer: it looks like /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo…`)
  }
}

/** Nobody answers at an address. */
export class NotReachedError extends Error {
  override readonly name = 'NotReachedError'
  readonly code = 'ERR_NOT_REACHED'
  readonly statusCode = 502
}

/**
 * Keeps a root that the owner named, fetched from connected peers as far as the disk has room. `from`: address of a node
 * to connect to first, such as one of Kubo. Throws InvalidAddressError, NotReachedError, NotProvidedError with those
 * that were asked, NotEnoughDiskError, DagTooLargeError.
 */
export async function pinForUser(
  peer: Pick<Peer, 'storage' | 'libp2p' | 'home'>,
  root: CID,
  from?: string
): Promise<KeptRoot> {
  const { storage, libp2p, home } = peer
  if (from !== undefined) await connect(libp2p, from)
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

async function connect(libp2p: Peer['libp2p'], from: string): Promise<void> {
  const address = parseAddress(from)
  await libp2p.dial(address, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) }).catch((cause: unknown) => {
    throw new NotReachedError(
      `no peer answers at ${address}: check that it runs and that the address is reachable from here, ` +
        'for Kubo one of those that `ipfs id` prints',
      { cause }
    )
  })
}

function parseAddress(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    if (address.getComponents().some(({ name }) => name === 'p2p')) return address
  } catch {
    // Said below.
  }
  throw new InvalidAddressError(text)
}
