/**
 * Choose neighbours, agree on links with them, and keep them.
 *
 * ```ts
 * const links = new LinkService({ libp2p, protocol: '/starling/demo/link/1.0.0', run, codec: 'int4', k: 6, … })
 * await links.start()
 * links.addMember(id, { peer, addresses })      // from an invite; the rest is found by asking
 * for (const link of links.links.values()) link.send({ header, payload })
 * await links.stop()
 * ```
 */
export type { Link } from './link.ts'
export { LinkService, type LinkServiceInit, ownAddresses, peerBytes, peerText } from './link-service.ts'
export { type Head, MAX_INLINE_PAYLOAD_BYTES, type Member } from './messages.ts'
