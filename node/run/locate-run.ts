import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import type { Invite, RunManifest } from '../../protocols/envelope/index.ts'
import { peerBytes } from '../../protocols/links/index.ts'
import type { Peer } from '../peer.ts'
import { type RunFiles, readRunFiles } from './run-files.ts'

const DIAL_TIMEOUT_MS = 10_000
const FETCH_TIMEOUT_MS = 30_000

/** Nobody at the invite's addresses answers, or nobody there has the run. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError'
  readonly code = 'ERR_RUN_NOT_FOUND'
}

/** Dials the invite's addresses, all at once. Resolves with the peer ids that answered; none when the signal fires. */
export async function callInvite(peer: Peer, invite: Invite, signal?: AbortSignal): Promise<string[]> {
  const dialling = new AbortController()
  const stop = () => dialling.abort()
  const timer = setTimeout(stop, DIAL_TIMEOUT_MS)
  signal?.addEventListener('abort', stop)
  try {
    const answers = await Promise.allSettled(
      invite.addresses.map(async (address) => {
        const connection = await peer.libp2p.dial(multiaddr(address), { signal: dialling.signal })
        return connection.remotePeer.toString()
      })
    )
    return [...new Set(answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])))]
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** Members named by an invite: those of its addresses that end in a peer id. */
export function invitedMembers(invite: Invite): { id: string; member: { peer: Uint8Array; addresses: string[] } }[] {
  const members = new Map<string, string[]>()
  for (const address of invite.addresses) {
    const id = multiaddr(address)
      .getComponents()
      .findLast(({ name }) => name === 'p2p')?.value
    if (id !== undefined) members.set(id, [...(members.get(id) ?? []), address])
  }
  return [...members].map(([id, addresses]) => ({
    id,
    member: { peer: peerBytes(peerIdFromString(id).toString()), addresses }
  }))
}

/**
 * Gets the parts of the invited run: from the home, or from the peers at the invite's addresses.
 * Throws RunNotFoundError with the addresses that were asked and how long that took.
 */
export async function locateRun(
  peer: Peer,
  invite: Invite,
  signal: AbortSignal,
  accept: (manifest: RunManifest) => Promise<void> = async () => {}
): Promise<RunFiles> {
  const id = CID.decode(invite.run)
  const startedAt = performance.now()
  const answered = await callInvite(peer, invite, signal)
  signal.throwIfAborted()
  try {
    const timeoutMs = answered.length > 0 ? FETCH_TIMEOUT_MS : 1000
    return await readRunFiles(peer.storage, id, { signal, timeoutMs, accept })
  } catch (cause) {
    const { name } = cause as Error
    if (name !== 'DeadlineError' && name !== 'BlockNotFoundError') throw cause
    const asked = invite.addresses.length === 0 ? 'any address, for the invite names none' : invite.addresses.join(', ')
    const gaveUp = `gave up after ${seconds(performance.now() - startedAt)}`
    throw new RunNotFoundError(
      answered.length === 0
        ? `no peer answers at ${asked} (${gaveUp}): is the peer that made the invite running, and reachable from here?`
        : `peers at ${asked} answer, but none gave run ${id} (${gaveUp}): ask for an invite from a peer that is in the run`,
      { cause }
    )
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
