import type { Logger } from 'pino'
import type { Invite, RunManifest } from '../../protocols/envelope/index.ts'
import type { Peer } from '../peer.ts'
import type { RunFiles } from '../run/run-files.ts'
import { ANY_ADDRESS, withFixedPort } from './listen.ts'

export interface OpenedSession {
  readonly peer: Peer
  readonly run: RunFiles
}

/** Starts a peer in a home and gets the invited run, from the home or from the peers that the invite names. */
export async function openSession(
  init: {
    home: string
    listen?: string
    maxUpload?: number
    invite: Invite
    log: Logger
    accept?: (manifest: RunManifest) => Promise<void>
  },
  signal: AbortSignal
): Promise<OpenedSession> {
  const [{ createPeer }, { locateRun }, { openHome }, { readHomeConfig, writeHomeConfig }] = await Promise.all([
    import('../peer.ts'),
    import('../run/locate-run.ts'),
    import('../../storage/index.ts'),
    import('../run/home-config.ts')
  ])
  const home = await openHome(init.home, { create: true })
  const config = await readHomeConfig(home).finally(() => home.close())
  const listen = init.listen ?? config.listen ?? (await withFixedPort(ANY_ADDRESS))
  const peer = await createPeer({
    home: init.home,
    listen: [listen],
    ...(init.maxUpload === undefined ? {} : { maxUpload: init.maxUpload })
  })
  try {
    // The same port at the next start, so that the addresses others remember stay true.
    if (config.listen !== listen && !listen.endsWith('/tcp/0')) await writeHomeConfig(peer.home, { ...config, listen })
    for (const address of peer.libp2p.getMultiaddrs()) init.log.info(`listening on ${address}`)
    return { peer, run: await locateRun(peer, init.invite, signal, init.accept) }
  } catch (error) {
    await peer.stop()
    throw error
  }
}
