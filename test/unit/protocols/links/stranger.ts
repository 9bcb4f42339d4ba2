import type { TestContext } from 'node:test'
import type { PrivateKey } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { type Hello, parseReply, type Reply } from '../../../../protocols/links/messages.ts'
import { run } from '../envelope/samples.ts'
import { type LinkPeer, PROTOCOL } from './link-peer.ts'
import { loopbackNode } from './loopback-node.ts'

export const hello: Hello = { v: 1, run, wantsLink: true, head: null, degree: 0, codecs: ['int4'], addresses: [] }

/** A stranger that speaks the protocol by hand. */
export async function stranger(t: TestContext, peer: LinkPeer, privateKey?: PrivateKey) {
  const node = await loopbackNode(t, {}, privateKey)
  await node.dial(peer.node.getMultiaddrs())
  const call = async (message: Uint8Array): Promise<LengthPrefixedStream> => {
    const frames = lpStream(await node.dialProtocol(peer.node.peerId, PROTOCOL))
    await frames.write(message)
    return frames
  }
  return Object.assign(call, { node })
}

export async function answerTo(frames: LengthPrefixedStream): Promise<Reply> {
  return parseReply((await frames.read()).subarray())
}
