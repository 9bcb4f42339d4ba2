/**
 * Blocks in bulk, from a peer that is known to have them.
 *
 * Bitswap finds out who has a block, among all connected peers; it copies every block three times on its way out, and the
 * thousand blocks that follow come five times slower than a stream could bring them. So whoever gave the first is asked
 * for the rest here.
 *
 * The caller opens a stream and writes CIDs, a frame each, without waiting for answers. The callee answers every frame
 * with one of its own, in order: the block, or nothing where it does not have it. Either side may close an idle stream
 * at any time. Not promised: that a block is what its CID says, which the caller checks; that a peer which gave one block
 * has the next.
 *
 * ```ts
 * const blocks = new BlockService({ libp2p, read: async (cid) => store.get(cid) })
 * await blocks.start()
 * const stream = await blocks.open(peer, { signal }) // undefined where that peer does not serve blocks
 * const bytes = await stream?.get(cid)               // undefined where it does not have this one
 * await stream?.close()
 * ```
 */
export { BlockService, type BlockServiceInit } from './block-service.ts'
export { BlockStream } from './block-stream.ts'
