import type { TestContext } from 'node:test'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type CreateStorageInit, createStorage, openStores } from '../../../storage/index.ts'
import { atEnd } from '../../at-end.ts'
import { temporaryHome } from './temporary-home.ts'

/** A real libp2p node on loopback and the stores of its home, with nothing on them yet. */
export async function startNode(t: TestContext) {
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
  atEnd(t, async () => {
    await libp2p.stop()
    await stores.close()
  })
  return { libp2p, stores }
}

/** A real peer on loopback with its storage. */
export async function startPeer(t: TestContext, init: Pick<CreateStorageInit, 'openBulk'> = {}) {
  const { libp2p, stores } = await startNode(t)
  const storage = await createStorage({ stores, libp2p, ...init })
  atEnd(t, () => storage.close())
  return { libp2p, stores, storage }
}
