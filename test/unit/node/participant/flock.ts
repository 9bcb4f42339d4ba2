import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { SimulatedNetwork } from '../../../../node/simulate/simulated-network.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import { hashOf } from '../../../../node/vectors/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import type { RunManifest } from '../../../../protocols/envelope/index.ts'
import { manifest as sampleManifest } from '../../protocols/envelope/samples.ts'
import { FlockPeer, type FlockPeerInit } from './flock-peer.ts'

/** Enough parameters for two blocks of the quantiser, few enough for eight peers to run in a second. */
export const PARAMETERS = 300

/** Training time of the peers that are neither slow nor fast. */
export const TRAIN_MS = 100

const ROUNDS = 25

type PeerOptions = Partial<
  Pick<FlockPeerInit, 'target' | 'trainMs' | 'samples' | 'company' | 'saved' | 'members' | 'newestCheckpoint'>
>

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
  readonly #network = new SimulatedNetwork({
    clock: this.clock,
    delayMs: (a, b) => this.delayMs(a as FlockPeer, b as FlockPeer)
  })

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
    this.#network.link(a, b)
  }

  /** Both sides notice, as with a connection that ends. */
  unlink(a: FlockPeer, b: FlockPeer): void {
    this.#network.unlink(a, b)
  }

  /** Ends a peer as a killed process ends: its neighbours' connections close. */
  kill(peer: FlockPeer): void {
    peer.isMute = true
    peer.interrupt()
    this.#network.cutOff(peer)
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
}

/** Largest distance between any coordinate of two of these vectors. */
export function spread(models: readonly Float32Array[]): number {
  return Math.max(...models.flatMap((a) => models.map((b) => farthest(a, b))))
}

/** Largest |a - b| over the coordinates. */
export function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
}
