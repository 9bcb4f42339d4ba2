import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import { systemClock } from '../../protocols/clock.ts'
import { type Invite, isAuthor, type RunManifest } from '../../protocols/envelope/index.ts'
import { fingerprintText } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'
import { requireSwarmKey } from './require-swarm-key.ts'
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

/** Members named by an invite: those of its addresses that end in the id of a peer that can sign records. */
export function invitedMembers(invite: Invite): { id: string; member: { peer: Uint8Array; addresses: string[] } }[] {
  const members = new Map<string, string[]>()
  for (const address of invite.addresses) {
    const id = multiaddr(address)
      .getComponents()
      .findLast(({ name }) => name === 'p2p')?.value
    if (id !== undefined) members.set(id, [...(members.get(id) ?? []), address])
  }
  return [...members].flatMap(([text, addresses]) => {
    // One key has several spellings in text; members are known by one of them.
    const id = peerIdFromString(text)
    const peer = id.toMultihash().bytes
    return isAuthor(peer) ? [{ id: id.toString(), member: { peer, addresses } }] : []
  })
}

/**
 * Gets the parts of the invited run: from the home, or from the peers at the invite's addresses.
 * Throws RunNotFoundError with the addresses that were asked and how long that took, SwarmKeyNeededError.
 */
export async function locateRun(
  peer: Peer,
  invite: Invite,
  signal: AbortSignal,
  accept: (manifest: RunManifest) => Promise<void> = async () => {}
): Promise<RunFiles> {
  requireSwarmKey(peer, invite)
  const id = CID.decode(invite.run)
  const askedAt = systemClock.now()
  const answered = await callInvite(peer, invite, signal)
  signal.throwIfAborted()
  try {
    const timeoutMs = answered.length > 0 ? FETCH_TIMEOUT_MS : 1000
    return await readRunFiles(peer.storage, id, { signal, timeoutMs, accept })
  } catch (cause) {
    const { name } = cause as Error
    if (name !== 'DeadlineError' && name !== 'BlockNotFoundError') throw cause
    const asked = invite.addresses.length === 0 ? 'no address, for the invite has none' : invite.addresses.join(', ')
    const seconds = Math.ceil((systemClock.now() - askedAt) / 1000)
    throw new RunNotFoundError(
      answered.length === 0
        ? `no peer answers, given up after ${seconds} s; asked ${asked}: start the peer that made the invite, or check ` +
            `that this machine reaches it${whoAnswers(peer)}`
        : `nobody gave run ${id} within ${seconds} s; asked ${asked}, where peers answer: start one that has the run, ` +
            'or ask for a new invite',
      { cause }
    )
  }
}

function whoAnswers({ swarmKey }: Peer): string {
  if (swarmKey === undefined) return ''
  return `; with the swarm key in this home (${fingerprintText(swarmKey.fingerprint)}) only peers that have it answer`
}
