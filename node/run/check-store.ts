import { multiaddr } from '@multiformats/multiaddr'
import { parseInvite } from '../../protocols/envelope/index.ts'
import {
  createStorage,
  type Home,
  openHome,
  openStores,
  type RepairReport,
  type VerifyReport
} from '../../storage/index.ts'
import { createPeer, type Peer } from '../peer.ts'
import { joinedRuns } from './joined-runs.ts'
import { knownAddresses } from './known-members.ts'

/** Peers that are there answer at once; the others are not waited for. */
const DIAL_MS = 10_000

/** For one root: 1 GiB takes longer, and is asked for again. */
const FETCH_MS = 120_000

export interface StoreFindings {
  readonly home: string
  readonly check: VerifyReport
  readonly repair: RepairReport
}

/**
 * Compares every block of a home with its name, removes what is torn, and fetches what kept roots lack then from the peers
 * that the home has met. Throws HomeNotFoundError, HomeInUseError, DatastoreOpenError.
 */
export async function checkStore(dir: string): Promise<StoreFindings> {
  const home = await openHome(dir)
  try {
    const stores = await openStores(home, { hashAll: true })
    const storage = await createStorage({ stores })
    const repair = await storage.repair().finally(async () => {
      await storage.close()
      await stores.close()
    })
    const found = { home: home.dir, check: stores.check, repair }
    if (repair.lost.length === 0) return found
    const addresses = await addressesIn(home)
    await home.close()
    return { ...found, repair: (await repairFromPeers(dir, addresses)) ?? repair }
  } finally {
    await home.close()
  }
}

/** Whoever invited this home, and whom it has met since. */
async function addressesIn(home: Home): Promise<string[]> {
  const invited = (await joinedRuns(home.dir)).flatMap(({ request }) => parseInvite(request.invite).addresses)
  return [...new Set([...invited, ...(await knownAddresses(home))])]
}

/** Undefined where no peer answers. */
async function repairFromPeers(dir: string, addresses: readonly string[]): Promise<RepairReport | undefined> {
  const peer: Peer = await createPeer({ home: dir, listen: [] })
  try {
    const answers = await Promise.allSettled(
      addresses.map((address) => peer.libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_MS) }))
    )
    const isAnswered = answers.some(({ status }) => status === 'fulfilled')
    return isAnswered ? await peer.storage.repair({ timeoutMs: FETCH_MS }) : undefined
  } finally {
    await peer.stop()
  }
}
