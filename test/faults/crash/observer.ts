import { createPeer } from '../../../node/peer.ts'
import { invitedMembers, locateRun } from '../../../node/run/locate-run.ts'
import { RunNetwork } from '../../../node/run/run-network.ts'
import { systemClock } from '../../../protocols/clock.ts'
import type { Invite } from '../../../protocols/envelope/index.ts'
import type { HeaderLedger } from './header-ledger.ts'

const START_MS = 60_000

/** A peer that links to everybody in a run, never publishes, and writes down every header that it is sent. */
export async function startObserver(
  home: string,
  invite: Invite,
  ledger: HeaderLedger
): Promise<{ stop(): Promise<void> }> {
  const peer = await createPeer({ home, listen: ['/ip4/127.0.0.1/tcp/0'] })
  const network = new RunNetwork({
    peer,
    network: invite.network,
    run: await locateRun(peer, invite, AbortSignal.timeout(START_MS)),
    roles: ['trainer'],
    engine: 'none',
    clock: systemClock,
    source: { payload: () => undefined, deltas: () => [] },
    local: () => ({ head: null, isTrainer: true, hasEnded: false }),
    copyOf: async () => undefined,
    newestCheckpoint: () => undefined,
    onLinkOpened: () => {},
    onLinkClosed: () => {},
    onDelta: (_, { header }) => void ledger.add(header),
    onHeader: ({ bytes }) => void ledger.add(bytes),
    onCheckpoint: () => {},
    onNotice: () => {}
  })
  await network.start()
  for (const { id, member } of invitedMembers(invite)) network.links.addMember(id, member)
  return {
    stop: async () => {
      await network.stop()
      await peer.stop()
    }
  }
}
