import type { Random } from '../../protocols/averaging/index.ts'
import type { ChainSource, DeltaFrame } from '../../protocols/delta-gossip/index.ts'
import { MAX_INLINE_PAYLOAD_BYTES } from '../../protocols/links/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import type { Participant } from '../participant/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Frames that may wait for a slow uplink, as a real link has it (`protocols/links/link.ts`). */
const MAX_WAITING_FRAMES = 8

/** Longest wait for an answer from a peer that hangs. */
const HANGING_MS = 10_000

/** A lost request or answer is given up after so many round trips. */
const LOST_ROUND_TRIPS = 2

/** A peer as the network sees it. */
export interface Station {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly participant: Pick<Participant, 'linkOpened' | 'linkClosed' | 'receive' | 'chain'>
  /** Sends and serves nothing, while its links stand: a process that hangs. */
  readonly isMute: boolean
  signedCopy(): Promise<SignedCopy>
}

/** Tells what a neighbour receives instead of a frame: itself, or in a study of what goes wrong something else. */
export type Interference = (from: Station, to: Station, frame: DeltaFrame) => Promise<DeltaFrame>

export interface SimulatedNetworkInit {
  readonly clock: VirtualClock
  /** One way between two peers, in milliseconds. */
  readonly delayMs: (from: Station, to: Station) => number
  /** Share of frames, requests and answers that never arrive, in [0, 1). */
  readonly loss?: { readonly share: number; readonly random: Random }
  /** What a peer's uplink carries, for all its neighbours together; no limit by default. */
  readonly bytesPerSecond?: number
  /** Payload bytes that a peer got over its links. */
  readonly onReceived?: (to: Station, payloadBytes: number) => void
  readonly interference?: Interference
}

/** One link, open until either side ends it: nothing that is under way on it arrives after that. */
interface Line {
  isOpen: boolean
}

interface Way {
  readonly from: Station
  readonly to: Station
  readonly delayMs: number
  readonly line: Line
}

/** Links in memory between participants: delay, bandwidth and loss on the virtual clock, and requests over the same ways. */
export class SimulatedNetwork {
  readonly #init: SimulatedNetworkInit
  readonly #links = new Map<Station, Map<Station, Line>>()
  /** When each uplink is free again. */
  readonly #freeAt = new Map<Station, number>()

  constructor(init: SimulatedNetworkInit) {
    this.#init = init
  }

  neighboursOf(station: Station): readonly Station[] {
    return [...(this.#links.get(station)?.keys() ?? [])]
  }

  /** Opens a link; there must be none between the two. */
  link(a: Station, b: Station): void {
    const line = { isOpen: true }
    this.#linksOf(a).set(b, line)
    this.#linksOf(b).set(a, line)
    this.#open({ from: a, to: b, delayMs: this.#init.delayMs(a, b), line })
    this.#open({ from: b, to: a, delayMs: this.#init.delayMs(b, a), line })
  }

  /** Both sides notice at once, as with a connection that ends. */
  unlink(a: Station, b: Station): void {
    const line = this.#links.get(a)?.get(b)
    if (line === undefined) return
    line.isOpen = false
    this.#linksOf(a).delete(b)
    this.#linksOf(b).delete(a)
    a.participant.linkClosed(b.id)
    b.participant.linkClosed(a.id)
  }

  /** Ends all links of one peer. */
  cutOff(station: Station): void {
    for (const other of this.neighboursOf(station)) this.unlink(station, other)
  }

  #linksOf(station: Station): Map<Station, Line> {
    const links = this.#links.get(station) ?? new Map<Station, Line>()
    this.#links.set(station, links)
    return links
  }

  /** Tells `from` of its new neighbour `to`. */
  #open(way: Way): void {
    const { from, to, delayMs } = way
    let waiting = 0
    from.participant.linkOpened({
      id: to.id,
      idBytes: to.idBytes,
      rttMs: 2 * delayMs,
      hasStarted: (to.participant.chain?.seq ?? -1) >= 0,
      source: this.#sourceOf(way),
      send: (frame) => {
        if (from.isMute || waiting >= MAX_WAITING_FRAMES) return
        waiting += 1
        void this.#carry(way, inlined(frame), () => {
          waiting -= 1
        })
      }
    })
  }

  async #carry(way: Way, frame: DeltaFrame, onSent: () => void): Promise<void> {
    const { from, to, delayMs, line } = way
    const { clock, interference } = this.#init
    const isLost = this.#isLost()
    await this.#upload(from, bytesOf(frame))
    onSent()
    if (isLost) return
    await clock.sleep(delayMs)
    if (!line.isOpen) return
    const arriving = (await interference?.(from, to, frame)) ?? frame
    this.#init.onReceived?.(to, arriving.payload?.byteLength ?? 0)
    to.participant.receive(from.id, arriving)
  }

  /** What `from` asks of `to`. */
  #sourceOf(way: Way): ChainSource {
    const { to } = way
    return {
      payload: (root) =>
        this.#ask(way, () => {
          const payload = to.participant.chain?.payload(root)
          if (payload === undefined) throw new Error('no longer held')
          return { answer: payload, payloadBytes: payload.byteLength }
        }),
      deltas: (incarnation, from, last) =>
        this.#ask(way, () => {
          const answer = to.participant.chain?.deltas(incarnation, from, last) ?? []
          return { answer, payloadBytes: answer.reduce((sum, { payload }) => sum + payload.byteLength, 0) }
        }),
      copy: () =>
        this.#ask(way, async () => {
          const answer = await to.signedCopy()
          return { answer, payloadBytes: answer.copy.byteLength }
        })
    }
  }

  async #ask<T>({ from, to, delayMs, line }: Way, serve: () => Answer<T> | Promise<Answer<T>>): Promise<T> {
    const { clock, onReceived } = this.#init
    const isLost = this.#isLost() || this.#isLost()
    if (to.isMute || isLost) {
      await clock.sleep(to.isMute ? HANGING_MS : LOST_ROUND_TRIPS * 2 * delayMs)
      throw new Error('no answer')
    }
    await clock.sleep(delayMs)
    const { answer, payloadBytes } = await serve()
    await this.#upload(to, payloadBytes)
    await clock.sleep(delayMs)
    if (!line.isOpen) throw new Error('the link was closed')
    onReceived?.(from, payloadBytes)
    return answer
  }

  /** Resolves when the last byte has left the uplink, behind everything that waits for it already. */
  async #upload(station: Station, bytes: number): Promise<void> {
    const { clock, bytesPerSecond } = this.#init
    if (bytesPerSecond === undefined) return
    const freeAt = Math.max(clock.now(), this.#freeAt.get(station) ?? 0) + (1000 * bytes) / bytesPerSecond
    this.#freeAt.set(station, freeAt)
    await clock.sleep(freeAt - clock.now())
  }

  #isLost(): boolean {
    const { loss } = this.#init
    return loss !== undefined && loss.share > 0 && loss.random.next() < loss.share
  }
}

interface Answer<T> {
  readonly answer: T
  readonly payloadBytes: number
}

/** A large payload does not ride along: the neighbour pulls it, as from a real link. */
function inlined({ header, payload }: DeltaFrame): DeltaFrame {
  return payload !== undefined && payload.byteLength <= MAX_INLINE_PAYLOAD_BYTES ? { header, payload } : { header }
}

function bytesOf({ header, payload }: DeltaFrame): number {
  return header.byteLength + (payload?.byteLength ?? 0)
}
