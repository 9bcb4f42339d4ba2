/**
 * Loaded into the processes of a flock with `node --import`: counts what each receives by protocol, and writes the counts
 * into the folder that `STARLING_BENCH_TRAFFIC` names once its run is done. Libp2p tells nobody of a multiplexer's frames
 * nor of the bytes in which a stream's protocol is agreed, so that two of its classes are extended in place; the product
 * knows nothing of it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import type { Stream } from '@libp2p/interface'
import { SocketTraffic } from '../../../node/run/socket-traffic.ts'
import type { PeerTraffic } from './peer-traffic.ts'

/** Length of a yamux header. */
const FRAME_BYTES = 12

interface Frame {
  readonly header: { readonly streamID: number }
  readonly data?: { readonly byteLength: number }
}

interface Muxer {
  readonly streams: readonly (Stream & { readonly streamId: number })[]
  handleFrame(frame: Frame): void
}

/** Of a stream, added to its protocol's once that is agreed. */
interface Count {
  bytes: number
  items: number
}

interface Rpc {
  readonly subscriptions?: readonly unknown[]
  readonly messages?: readonly { readonly topic: string; readonly data?: Uint8Array }[]
  readonly control?: Readonly<Record<string, readonly unknown[] | undefined>>
}

const MODULES = new URL('../../../node_modules/@libp2p/', import.meta.url)

const streams = new Map<Stream, Count>()
const finished = new Map<string, Count & { streams: number }>()
const gossip: Record<string, Count> = {}
const connections = { opened: 0 }
const sockets = new SocketTraffic()

function add(name: string, { bytes, items }: Count, opened: number): void {
  const sum = finished.get(name) ?? { bytes: 0, items: 0, streams: 0 }
  finished.set(name, { bytes: sum.bytes + bytes, items: sum.items + items, streams: sum.streams + opened })
}

function noteFrame(stream: Stream | undefined, bytes: number): void {
  if (stream === undefined) {
    add('yamux', { bytes, items: 1 }, 0)
    return
  }
  let entry = streams.get(stream)
  if (entry === undefined) {
    entry = { bytes: 0, items: 0 }
    streams.set(stream, entry)
    stream.addEventListener('close', () => settle(stream), { once: true })
  }
  entry.bytes += bytes
  entry.items += 1
}

function settle(stream: Stream): void {
  const entry = streams.get(stream)
  if (entry === undefined) return
  streams.delete(stream)
  add(stream.protocol === '' ? 'none agreed' : stream.protocol, entry, 1)
}

async function countFrames(): Promise<void> {
  const { YamuxMuxer } = (await import(new URL('yamux/dist/src/muxer.js', MODULES).href)) as {
    YamuxMuxer: { prototype: Muxer }
  }
  const { handleFrame } = YamuxMuxer.prototype
  const muxers = new WeakSet<Muxer>()
  YamuxMuxer.prototype.handleFrame = function (this: Muxer, frame) {
    if (!muxers.has(this)) connections.opened += 1
    muxers.add(this)
    const bytes = FRAME_BYTES + (frame.data?.byteLength ?? 0)
    // A frame may open its stream or end it.
    const find = () => this.streams.find(({ streamId }) => streamId === frame.header.streamID)
    const before = find()
    handleFrame.call(this, frame)
    noteFrame(before ?? find(), bytes)
  }
}

async function countGossip(): Promise<void> {
  const url = (path: string) => new URL(`gossipsub/dist/src/${path}`, MODULES).href
  const { GossipSub } = (await import(url('gossipsub.js'))) as {
    GossipSub: { prototype: { handleReceivedRpc(from: unknown, rpc: Rpc): Promise<void> } }
  }
  const { RPC } = (await import(url('message/rpc.js'))) as { RPC: { encode(rpc: object): Uint8Array } }
  const size = (rpc: Rpc) => RPC.encode({ subscriptions: [], messages: [], ...rpc }).byteLength
  const note = (kind: string, items: readonly unknown[], rpc: Rpc) => {
    if (items.length === 0) return
    const sum = gossip[kind] ?? { bytes: 0, items: 0 }
    gossip[kind] = { bytes: sum.bytes + size(rpc), items: sum.items + items.length }
  }
  const { handleReceivedRpc } = GossipSub.prototype
  GossipSub.prototype.handleReceivedRpc = function (from, rpc) {
    for (const message of rpc.messages ?? []) {
      note(message.topic.split('/').at(-1)!, [message], { messages: [message] })
    }
    note('subscriptions', rpc.subscriptions ?? [], { subscriptions: rpc.subscriptions ?? [] })
    for (const [kind, items] of Object.entries(rpc.control ?? {})) {
      const empty = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }
      if (Array.isArray(items)) note(kind, items, { control: { ...empty, [kind]: items } })
    }
    return handleReceivedRpc.call(this, from, rpc)
  }
}

function write(folder: string): void {
  for (const stream of [...streams.keys()]) settle(stream)
  const traffic: PeerTraffic = {
    receivedBytes: sockets.totals.receivedBytes,
    connections: connections.opened,
    protocols: Object.fromEntries(finished),
    gossip
  }
  writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(traffic))
}

const folder = process.env.STARLING_BENCH_TRAFFIC
if (isMainThread && folder !== undefined && process.send !== undefined) {
  sockets.start()
  await countFrames()
  await countGossip()
  const send = process.send.bind(process)
  process.send = (message: { type: string }, ...rest: unknown[]) => {
    if (message.type === 'done') write(folder)
    return (send as (...args: unknown[]) => boolean)(message, ...rest)
  }
}
