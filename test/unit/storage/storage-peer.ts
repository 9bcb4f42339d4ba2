import type { TestContext } from 'node:test'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type CreateStorageInit, createStorage, openStores } from '../../../storage/index.ts'
import { atEnd } from '../../at-end.ts'
import { temporaryHome } from './temporary-home.ts'

/** A real peer on loopback with its storage. */
export async function startPeer(t: TestContext, init: Pick<CreateStorageInit, 'openBulk'> = {}) {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const libp2p = await createLibp2p({
    privateKey: home.identity,
    datastore: stores.datastore,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })
  const storage = await createStorage({ stores, libp2p, ...init })
  atEnd(t, async () => {
    await storage.close()
    await libp2p.stop()
    await stores.close()
  })
  return { libp2p, stores, storage }
}
