import type { TestContext } from 'node:test'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey, ServiceMap } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type ServiceFactoryMap } from 'libp2p'

/** A libp2p node on a free port of the loopback interface, which stops when the test ends. */
export async function loopbackNode<T extends ServiceMap = Record<string, never>>(
  t: TestContext,
  services?: ServiceFactoryMap<T>,
  privateKey?: PrivateKey
): Promise<Libp2p<T>> {
  const node = await createLibp2p({
    ...(privateKey === undefined ? {} : { privateKey }),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 100 },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ...services } as ServiceFactoryMap<T>
  })
  t.after(() => node.stop())
  return node
}

/** Two nodes that have a connection, the caller first. */
export async function connectedNodes(t: TestContext): Promise<[Libp2p, Libp2p]> {
  const [caller, callee] = await Promise.all([loopbackNode(t), loopbackNode(t)])
  await caller.dial(callee.getMultiaddrs())
  return [caller, callee]
}

/** A node with a connection to one that answers every request on a protocol with these frames and closes. */
export async function connectedToRogue(
  t: TestContext,
  protocol: string,
  frames: readonly Uint8Array[]
): Promise<[Libp2p, Libp2p]> {
  const [caller, rogue] = await connectedNodes(t)
  await rogue.handle(protocol, async (stream) => {
    const lengthPrefixed = lpStream(stream)
    await lengthPrefixed.read()
    for (const frame of frames) await lengthPrefixed.write(frame)
    await stream.close()
  })
  return [caller, rogue]
}
