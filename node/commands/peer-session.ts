import type { Logger } from 'pino'
import type { Invite } from '../../protocols/envelope/index.ts'
import type { Peer } from '../peer.ts'
import type { RunFiles } from '../run/run-files.ts'
import { ANY_ADDRESS, boundAddress, withFixedPort } from './listen.ts'
import { withProgress } from './progress.ts'

export interface OpenedSession {
  readonly peer: Peer
  readonly run: RunFiles
}

/** Starts a peer in a home and gets the invited run, from the home or from the peers that the invite names. */
export async function openSession(
  init: { home: string; listen?: string; invite: Invite; log: Logger; json?: boolean },
  signal: AbortSignal
): Promise<OpenedSession> {
  const [{ createPeer }, { locateRun }, { openHome }, { readHomeConfig, rememberRun, writeHomeConfig }] =
    await Promise.all([
      import('../peer.ts'),
      import('../run/locate-run.ts'),
      import('../../storage/index.ts'),
      import('../run/home-config.ts')
    ])
  const home = await openHome(init.home, { create: true })
  const config = await readHomeConfig(home).finally(() => home.close())
  const listen = init.listen ?? config.listen ?? (await withFixedPort(ANY_ADDRESS))
  const peer = await createPeer({ home: init.home, listen: [listen] })
  try {
    // The same port at the next start, so that the addresses others remember stay true.
    const bound = boundAddress(listen, peer.libp2p.getMultiaddrs().map(String))
    if (config.listen !== bound) await writeHomeConfig(peer.home, { ...config, listen: bound })
    for (const address of peer.libp2p.getMultiaddrs()) init.log.info(`listening on ${address}`)
    const find = () => locateRun(peer, init.invite, signal)
    const run = await withProgress('asking the peers of the invite for the run', find, init)
    await rememberRun(peer.home, run.id.toString(), init.invite.network)
    return { peer, run }
  } catch (error) {
    await peer.stop()
    throw error
  }
}
