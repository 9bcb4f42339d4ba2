import type { Random } from '../../protocols/averaging/index.ts'
import { createRandom } from '../../protocols/averaging/index.ts'
import type { RoundEvent } from '../participant/index.ts'
import type { Engine, Trainer } from '../training/index.ts'
import { averagingRulesOf, LocalVectors } from '../vectors/index.ts'
import { incarnationOf, keyOf } from './simulated-keys.ts'
import type { SimulatedNetwork, Station } from './simulated-network.ts'
import { SimulatedPeer } from './simulated-peer.ts'
import { type SimulatedRun, seedOf, trainerOf } from './simulated-run.ts'
import { TimedTrainer } from './timed-trainer.ts'
import { completeGraph, type Links, regularGraph, ringGraph } from './topology.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Virtual time of a round's local steps at speed 1. Only ratios to it matter: delays are given in units of it. */
export const TRAIN_MS = 100

export const TOPOLOGIES = ['regular', 'ring', 'complete'] as const
export type TopologyName = (typeof TOPOLOGIES)[number]

/** One owner of rows and its peer; after a crash the owner comes back as another one. */
export interface Member {
  /** Whose rows: 0 to peers - 1. */
  readonly index: number
  readonly peer: SimulatedPeer
  /** Rounds played, closing rounds included. */
  rounds: number
  /** Payload bytes published. */
  payloadBytes: number
  /** Payload bytes got over links. */
  receivedBytes: number
  /** Resolves when the peer has played its last round, or has crashed. */
  readonly ended: Promise<void>
  hasEnded: boolean
}

export interface FlockInit {
  readonly run: SimulatedRun
  readonly engine: Engine
  readonly clock: VirtualClock
  readonly seed: number
  readonly topology: TopologyName
  readonly k: number
  /** How much slower than the base each peer trains, by owner. */
  readonly slowness: readonly number[]
  readonly onRound: (member: Member, event: RoundEvent) => void
  readonly onNotice: (member: Member, message: string) => void
}

/** All peers of a simulation: who is there, and who is linked with whom. */
export class Flock {
  readonly #init: FlockInit
  readonly #network: SimulatedNetwork
  readonly #random: Random
  readonly #trainers = new Map<number, Trainer>()
  readonly #members = new Map<Station, Member>()

  constructor(init: FlockInit, network: SimulatedNetwork) {
    this.#init = init
    this.#network = network
    this.#random = createRandom(init.seed).fork('topology')
  }

  /** Peers that are there, in the order of their coming. */
  get members(): readonly Member[] {
    return [...this.#members.values()]
  }

  member(station: Station): Member | undefined {
    return this.#members.get(station)
  }

  /** Starts the peers of these owners together, linked as the topology says. */
  async startTogether(owners: readonly number[]): Promise<void> {
    const peers: SimulatedPeer[] = []
    for (const index of owners) peers.push(await this.#create(index))
    for (const [a, b] of this.#draw(peers.length)) this.#network.link(peers[a]!, peers[b]!)
    for (const [at, peer] of peers.entries()) this.#run(owners[at]!, peer)
  }

  /** Ends every trainer. */
  async close(): Promise<void> {
    for (const { peer } of this.members) peer.participant.stop()
    for (const trainer of this.#trainers.values()) await trainer.close()
  }

  #draw(peers: number): Links {
    const { topology, k } = this.#init
    if (topology === 'complete') return completeGraph(peers)
    return topology === 'ring' ? ringGraph(peers) : regularGraph(peers, k, this.#random)
  }

  async #create(index: number): Promise<SimulatedPeer> {
    const { run, clock, engine, seed, slowness } = this.#init
    const { manifest, initial, rows } = run
    const trainer = await trainerOf(run, index, engine)
    this.#trainers.set(index, trainer)
    const peerSeed = seedOf(seed, index)
    const vectors = new LocalVectors({
      trainer: new TimedTrainer({ trainer, clock, msOf: () => TRAIN_MS * slowness[index]! }),
      rules: averagingRulesOf(manifest.averaging),
      learningRate: manifest.training.learningRate,
      seed: peerSeed,
      initial,
      random: createRandom(peerSeed).fork('rounding')
    })
    return new SimulatedPeer({
      run: run.id,
      manifest,
      key: await keyOf(seed, index),
      incarnation: incarnationOf(seed, index, clock.wallNow()),
      vectors,
      clock,
      engine: `${engine.name} ${engine.version}`,
      samples: rows[index]!.training.count,
      company: { links: 0, ms: 0 },
      observer: {
        onRound: (peer, event) => this.#played(peer, event),
        onNotice: (peer, message) => {
          const member = this.#members.get(peer)
          if (member !== undefined) this.#init.onNotice(member, message)
        }
      }
    })
  }

  #run(index: number, peer: SimulatedPeer): void {
    const member: Member = {
      index,
      peer,
      rounds: 0,
      payloadBytes: 0,
      receivedBytes: 0,
      ended: peer.run().then(() => {
        member.hasEnded = true
      }),
      hasEnded: false
    }
    this.#members.set(peer, member)
  }

  #played(peer: SimulatedPeer, event: RoundEvent): void {
    const member = this.#members.get(peer)
    if (member === undefined) return
    member.rounds += 1
    member.payloadBytes += event.payloadBytes
    this.#init.onRound(member, event)
  }
}
