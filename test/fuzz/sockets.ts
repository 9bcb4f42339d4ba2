/**
 * Mutated messages over real streams, at a peer that trains meanwhile: many on a stream as long as the peer keeps it open,
 * and a new stream, or a new identity, where it does not.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { encodeFrame, parseFrame } from '../../protocols/links/messages.ts'
import { TOPIC_NAMES, topicOf } from '../../protocols/topics/run-topics.ts'
import { HostilePeer, protocolOf } from '../integration/hostile-peer.ts'
import { NETWORK, startPeer, startTrainer, type TrainerPeer, writeRun } from '../integration/trainer-peer.ts'
import { waitFor } from '../integration/wait-for.ts'
import { run } from '../unit/protocols/envelope/samples.ts'
import { type Decoder, inputOf } from './decoder.ts'
import { Draws } from './draws.ts'
import { MESSAGE_DECODERS } from './message-decoders.ts'
import { recordDecoders } from './record-decoders.ts'

export interface SocketReport {
  readonly protocol: string
  readonly inputs: number
  readonly seconds: number
  /** Streams that were opened for them; 0 on topics. */
  readonly streams: number
  /** What the victim refused meanwhile, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** Rounds that the victim trained meanwhile. */
  readonly rounds: number
  /** Resident bytes of the process, attacker and victim, after a tenth of the inputs and at the end. */
  readonly memory: { readonly before: number; readonly after: number }
}

/** For an answer, or for the end of the stream: one of them comes at once. */
const ANSWER_MS = 5000

/** Of the messages on links, frames after a handshake: an identity is refused for good after three faults, and costs 0.1 s. */
const LINK_FRAMES_SHARE = 1 / 50

type Send = (bytes: Uint8Array) => Promise<void>

/** Sends so many mutated messages on every protocol. Rejects when the victim stops training, or when anything throws. */
export async function fuzzSockets(inputs: number, seed: number): Promise<SocketReport[]> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-fuzz-'))
  const { home, id } = await writeRun(folder, { localSteps: 20 })
  const victim = await startTrainer({ home, run: id, seed: 1, links: 0 })
  const strays: unknown[] = []
  const note = (error: unknown) => void strays.push(error)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    const reports = await attackAll(victim, folder, inputs, new Draws(seed))
    if (strays.length > 0) throw new AggregateError(strays, `${strays.length} errors reached the process`)
    return reports
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
    await victim.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function attackAll(victim: TrainerPeer, folder: string, inputs: number, draws: Draws): Promise<SocketReport[]> {
  const all = [...MESSAGE_DECODERS, ...(await recordDecoders())]
  const decoders = all.map((decoder) => ofRun(decoder, victim.run.id.bytes))
  const find = (...names: readonly string[]) => decoders.filter(({ name }) => names.includes(name))
  const attacker = new Attacker(victim, folder)
  const requests = async (name: 'delta' | 'state') =>
    attacker.measure(name, inputs, draws, find(`${name} request`), (bytes) => attacker.onStream(name, bytes))
  const reports = [
    await attacker.measure('link', inputs, draws, find('link hello'), (bytes) => attacker.onStream('link', bytes)),
    await attacker.measure('link frames', Math.ceil(inputs * LINK_FRAMES_SHARE), draws, find('link frame'), (bytes) =>
      attacker.onLink(bytes)
    ),
    await requests('delta'),
    await requests('state')
  ]
  const records = {
    deltas: 'delta header',
    checkpoints: 'checkpoint announcement',
    members: 'beacon',
    faults: 'equivocation proof'
  }
  for (const topic of TOPIC_NAMES) {
    const send = await attacker.onTopic(topic)
    reports.push(await attacker.measure(`topic ${topic}`, inputs, draws, find(records[topic]), send))
  }
  await attacker.stop()
  return reports
}

/** The decoder with samples that name this run: those of another are refused before anything else is looked at. */
function ofRun(decoder: Decoder, id: Uint8Array): Decoder {
  const samples = decoder.samples.map((sample) => {
    const named = Buffer.from(sample)
    const at = named.indexOf(run)
    if (at !== -1) named.set(id, at)
    return Uint8Array.from(named)
  })
  return { ...decoder, samples }
}

class Attacker {
  readonly #victim: TrainerPeer
  readonly #folder: string
  #identities = 0
  #streams = 0
  #hostile: HostilePeer | undefined
  #open: { readonly stream: Stream; readonly frames: LengthPrefixedStream } | undefined
  #pings = 0

  constructor(victim: TrainerPeer, folder: string) {
    this.#victim = victim
    this.#folder = folder
  }

  async measure(
    protocol: string,
    inputs: number,
    draws: Draws,
    decoders: readonly Decoder[],
    send: Send
  ): Promise<SocketReport> {
    const { trainer, rounds } = this.#victim
    const refusedBefore = new Map(trainer.refusals)
    const [roundsBefore, streamsBefore, startedAt] = [rounds(), this.#streams, performance.now()]
    let before = 0
    for (let sent = 0; sent < inputs; sent++) {
      const decoder = draws.pick(decoders)
      const steps = Array.from({ length: 2 + draws.below(2) }, () => draws.below(2 ** 32))
      await send(inputOf(decoder, steps))
      if (sent === Math.floor(inputs / 10)) before = process.memoryUsage.rss()
    }
    await this.#drop()
    const played = rounds()
    await waitFor('the victim to train on', () => rounds() > played + 2)
    const refused = [...trainer.refusals].map(
      ([reason, count]) => [reason, count - (refusedBefore.get(reason) ?? 0)] as const
    )
    return {
      protocol,
      inputs,
      seconds: (performance.now() - startedAt) / 1000,
      streams: this.#streams - streamsBefore,
      refused: Object.fromEntries(refused.filter(([, count]) => count > 0)),
      rounds: rounds() - roundsBefore,
      memory: { before, after: process.memoryUsage.rss() }
    }
  }

  /** On a stream of a protocol, the same one while the victim answers; after a handshake it would be a link. */
  async onStream(name: 'link' | 'delta' | 'state', bytes: Uint8Array): Promise<void> {
    const hostile = await this.#peer()
    if (this.#open?.stream.status !== 'open') {
      const stream = await hostile.dial(protocolOf(name))
      this.#open = { stream, frames: lpStream(stream) }
      this.#streams++
    }
    const isAnswered = await exchange(this.#open.frames, bytes, () => true)
    if (!isAnswered || name === 'link') await this.#drop()
  }

  /** After a handshake in good order, on the link; as another peer once this one is refused. */
  async onLink(bytes: Uint8Array): Promise<void> {
    if (this.#open?.stream.status !== 'open') this.#open = (await this.#linked()) ?? (await this.#linkedAnew())
    // Frames need no answer, so a probe that does follows each.
    const ping = ++this.#pings
    const isPong = (answer: Uint8Array) => parseFrame(answer).pong === ping
    if (!(await exchange(this.#open.frames, bytes, isPong, encodeFrame({ ping })))) await this.#drop()
  }

  async #linked() {
    this.#streams++
    const hostile = await this.#peer()
    const reply = await hostile.link().catch(() => undefined)
    return reply?.refused === undefined && reply !== undefined
      ? { stream: hostile.stream, frames: hostile.frames }
      : undefined
  }

  async #linkedAnew() {
    await this.#newIdentity()
    const open = await this.#linked()
    if (open === undefined) throw new Error('a new peer gets no link')
    return open
  }

  async onTopic(name: (typeof TOPIC_NAMES)[number]): Promise<Send> {
    const hostile = await this.#peer()
    const { pubsub } = hostile.peer.libp2p.services
    const topic = topicOf(NETWORK, this.#victim.run.id.toString(), name)
    await (await hostile.dial(protocolOf('state'))).close()
    await waitFor(`the victim on ${name}`, () => pubsub.getSubscribers(topic).length > 0)
    let count = 0
    return async (bytes) => {
      count++
      await pubsub.publish(topic, bytes).catch(ignoreDuplicate)
      // Publishing waits for nobody: the victim's turn.
      if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async stop(): Promise<void> {
    await this.#drop()
    await this.#hostile?.peer.stop()
    this.#hostile = undefined
  }

  async #peer(): Promise<HostilePeer> {
    if (this.#hostile === undefined) await this.#newIdentity()
    return this.#hostile!
  }

  async #newIdentity(): Promise<void> {
    await this.stop()
    this.#identities++
    const peer = await startPeer(join(this.#folder, `hostile-${this.#identities}`))
    this.#hostile = new HostilePeer(peer, this.#victim)
  }

  async #drop(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    open?.stream.abort(new Error('the next one'))
  }
}

/** Writes messages and reads until an answer fits. False when the victim ends the stream instead. */
async function exchange(
  frames: LengthPrefixedStream,
  bytes: Uint8Array,
  fits: (answer: Uint8Array) => boolean,
  ...more: readonly Uint8Array[]
): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_MS)
  try {
    for (const message of [bytes, ...more]) await frames.write(message, { signal })
    while (!fits((await frames.read({ signal })).subarray()));
    return true
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer to ${Buffer.from(bytes).toString('hex')}`, { cause: error })
    return false
  }
}

function ignoreDuplicate(error: Error): void {
  if (!/duplicate/i.test(error.message)) throw error
}
