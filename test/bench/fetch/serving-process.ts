/** A peer in a process of its own that has a checkpoint, and gives the same bytes on a bare stream too. */
import * as dagCbor from '@ipld/dag-cbor'
import { createPeer } from '../../../node/peer.ts'
import { noise } from '../../unit/storage/temporary-storage.ts'
import { RAW_PROTOCOL, type Serving } from './serving.ts'

/** What a write to a stream takes at once; larger ones are cut by the stream. */
const CHUNK_BYTES = 64 * 1024

const [home, size] = process.argv.slice(2)
const peer = await createPeer({ home: home!, listen: ['/ip4/127.0.0.1/tcp/0'] })
process.once('disconnect', () => void peer.stop())

const weights = noise(Number(size), 7)
const { root } = await peer.storage.checkpoints.put({
  run: 'bench',
  seq: 1,
  round: 1,
  createdAt: 1,
  weights,
  encode: (links) => dagCbor.encode({ round: 1, ...links })
})
await peer.libp2p.handle(RAW_PROTOCOL, async (stream) => {
  for (let at = 0; at < weights.byteLength; at += CHUNK_BYTES)
    if (!stream.send(weights.subarray(at, at + CHUNK_BYTES))) await stream.onDrain()
  await stream.close()
})
const serving: Serving = { address: peer.libp2p.getMultiaddrs()[0]!.toString(), root: root.toString() }
process.send!(serving)
