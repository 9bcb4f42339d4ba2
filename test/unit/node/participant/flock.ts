import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { hashOf } from '../../../../node/vectors/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import type { ChainSource } from '../../../../protocols/delta-gossip/index.ts'
import type { RunManifest } from '../../../../protocols/envelope/index.ts'
import { manifest as sampleManifest } from '../../protocols/envelope/samples.ts'
import { FlockPeer, type FlockPeerInit } from './flock-peer.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Enough parameters for two blocks of the quantiser, few enough for eight peers to run in a second. */
export const PARAMETERS = 300

/** Training time of the peers that are neither slow nor fast. */
export const TRAIN_MS = 100

const ROUNDS = 25

/** Longest wait for an answer from a peer that hangs. */
const FETCH_TIMEOUT_MS = 10_000

type PeerOptions = Partial<Pick<FlockPeerInit, 'target' | 'trainMs' | 'samples' | 'company' | 'saved'>>

export interface FlockInit {
  readonly training?: Partial<RunManifest['training']>
  readonly averaging?: Partial<RunManifest['averaging']>
  readonly share?: RunManifest['share']
}

/** Peers of one run with links in memory: real participants, real signatures, delays in virtual time. */
export class Flock {
  readonly clock = new VirtualClock()
  readonly peers: FlockPeer[] = []
  readonly initial = new Float32Array(PARAMETERS)
  readonly manifest: RunManifest
  readonly #linked = new Set<string>()

  constructor({ training = {}, averaging = {}, share = sampleManifest.share }: FlockInit = {}) {
    this.manifest = {
      ...sampleManifest,
      parameterCount: PARAMETERS,
      initialHash: hashOf(this.initial),
      training: {
        ...sampleManifest.training,
        rounds: ROUNDS,
        localSteps: 4,
        learningRate: 0.2,
        minRoundMs: 1,
        ...training
      },
      averaging: { ...sampleManifest.averaging, ...averaging },
      share
    }
  }

  /** Adds a peer without links. Its rows pull towards a point of its own, its training takes 80 to 120 ms. */
  async add(options: PeerOptions = {}): Promise<FlockPeer> {
    const number = this.peers.length + 1
    const random = createRandom(number)
    const peer = new FlockPeer({
      clock: this.clock,
      key: await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number)),
      manifest: this.manifest,
      initial: this.initial,
      incarnation: new Uint8Array(16).fill(number),
      seed: number,
      target: Float32Array.from({ length: PARAMETERS }, () => 2 * random.next() - 1),
      trainMs: TRAIN_MS * (0.8 + 0.4 * random.next()),
      ...options
    })
    this.peers.push(peer)
    return peer
  }

  /** Adds so many peers, each linked with each. */
  async addMany(count: number): Promise<FlockPeer[]> {
    const added: FlockPeer[] = []
    for (let i = 0; i < count; i++) added.push(await this.add())
    for (const [i, a] of added.entries()) for (const b of added.slice(0, i)) this.link(a, b)
    return added
  }

  link(a: FlockPeer, b: FlockPeer): void {
    this.#linked.add(this.#name(a, b))
    this.#open(a, b)
    this.#open(b, a)
  }

  /** Both sides notice, as with a connection that ends. */
  unlink(a: FlockPeer, b: FlockPeer): void {
    this.#linked.delete(this.#name(a, b))
    a.participant.linkClosed(b.id)
    b.participant.linkClosed(a.id)
  }

  /** Ends a peer as a killed process ends: its neighbours' connections close. */
  kill(peer: FlockPeer): void {
    peer.isMute = true
    peer.interrupt()
    for (const other of this.peers) if (this.#linked.has(this.#name(peer, other))) this.unlink(peer, other)
  }

  /** Lets all of these run to their end. */
  async finish(peers: readonly FlockPeer[] = this.peers): Promise<void> {
    await this.clock.until(Promise.all(peers.map((peer) => peer.run())))
  }

  /** As `finish`, with something that happens after `ms` milliseconds; it may start further peers to be awaited. */
  async finishWith(ms: number, action: () => unknown): Promise<void> {
    const acted = this.clock.sleep(ms).then(action)
    await this.clock.until(Promise.all([...this.peers.map((peer) => peer.run()), acted]))
  }

  /** One way between two peers, in milliseconds: 3 to 15, the same in both directions. */
  delayMs(a: FlockPeer, b: FlockPeer): number {
    return 3 + (((this.peers.indexOf(a) + 1) * (this.peers.indexOf(b) + 1) * 5) % 13)
  }

  #name(a: FlockPeer, b: FlockPeer): string {
    return [a.id, b.id].toSorted().join(' ')
  }

  #open(self: FlockPeer, other: FlockPeer): void {
    const delayMs = this.delayMs(self, other)
    self.participant.linkOpened({
      id: other.id,
      idBytes: other.idBytes,
      rttMs: 2 * delayMs,
      hasStarted: other.hasStarted,
      source: this.#sourceOf(other, delayMs),
      send: (frame) => {
        if (self.isMute) return
        this.clock.after(delayMs, () => {
          if (this.#linked.has(this.#name(self, other))) other.participant.receive(self.id, frame)
        })
      }
    })
  }

  #sourceOf(other: FlockPeer, delayMs: number): ChainSource {
    const ask = async <T>(answer: () => T | Promise<T>): Promise<T> => {
      await this.clock.sleep(delayMs)
      if (other.isMute) {
        await this.clock.sleep(FETCH_TIMEOUT_MS)
        throw new Error('no answer')
      }
      const result = await answer()
      await this.clock.sleep(delayMs)
      return result
    }
    return {
      payload: (root) =>
        ask(() => {
          const payload = other.participant.chain?.payload(root)
          if (payload === undefined) throw new Error('no longer held')
          return payload
        }),
      deltas: (incarnation, from, to) => ask(() => other.participant.chain?.deltas(incarnation, from, to) ?? []),
      copy: () => ask(() => other.signedCopy())
    }
  }
}

/** Largest distance between any coordinate of two of these vectors. */
export function spread(models: readonly Float32Array[]): number {
  return Math.max(...models.flatMap((a) => models.map((b) => farthest(a, b))))
}

/** Largest |a - b| over the coordinates. */
export function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
}
