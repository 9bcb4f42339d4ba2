import type { Transport, Upgrader } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { UploadLimiter } from './upload-limiter.ts'

/**
 * The TCP transport with every connection under an upload limit. A connection passes by between the socket and the
 * handshake, on its way to the upgrader: encryption and everything above it is counted as the socket sends it.
 */
export function shapedTcp(limiter: UploadLimiter): ReturnType<typeof tcp> {
  const create = tcp()
  return (components) => {
    const transport = create(components) as Transport
    const { dial, createListener } = transport
    transport.dial = (address, options) =>
      dial.call(transport, address, { ...options, upgrader: shaping(options.upgrader, limiter) })
    transport.createListener = (options) =>
      createListener.call(transport, { ...options, upgrader: shaping(options.upgrader, limiter) })
    return transport
  }
}

/** The same upgrader for every other purpose. */
function shaping(upgrader: Upgrader, limiter: UploadLimiter): Upgrader {
  return new Proxy(upgrader, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const call = member.bind(target)
      if (name !== 'upgradeInbound' && name !== 'upgradeOutbound') return call
      return (...[connection, options]: Parameters<Upgrader['upgradeInbound']>) => {
        limiter.shape(connection)
        return call(connection, options)
      }
    }
  })
}
