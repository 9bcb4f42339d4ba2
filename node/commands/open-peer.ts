import type { Peer } from '../peer.ts'
import { ANY_ADDRESS, boundAddress, withFixedPort } from './listen.ts'
import type { PeerLog } from './log.ts'

/** Starts a peer in a home, which is made where there is none; it listens at the same address at every start. */
export async function openPeer(init: {
  home: string
  listen?: string
  /** Bytes a second. */
  maxUpload?: number
  log: PeerLog
}): Promise<Peer> {
  const [{ createPeer }, { fingerprintText, openHome }, { readHomeConfig, writeHomeConfig }] = await Promise.all([
    import('../peer.ts'),
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
    init.log.keepIn(peer.home.dir)
    // The same port at the next start, so that the addresses others remember stay true.
    const bound = boundAddress(listen, peer.libp2p.getMultiaddrs().map(String))
    if (config.listen !== bound) await writeHomeConfig(peer.home, { ...config, listen: bound })
    for (const address of peer.libp2p.getMultiaddrs()) init.log.logger.info(`listening on ${address}`)
    if (peer.swarmKey !== undefined) {
      const key = fingerprintText(peer.swarmKey.fingerprint)
      init.log.logger.info(`private network: only peers with the swarm key ${key} are met`)
    }
    return peer
  } catch (error) {
    await peer.stop()
    throw error
  }
}
