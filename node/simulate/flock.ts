import { createRandom, type Random } from '../../protocols/averaging/index.ts'
import type { RefusalReason } from '../../protocols/envelope/index.ts'
import type { RoundEvent } from '../participant/index.ts'
import { firstLinks } from './first-links.ts'
import { createMember, type Life, type Member, type MemberInit, type Saved } from './member.ts'
import type { SimulatedNetwork, Station } from './simulated-network.ts'

export interface FlockInit extends MemberInit {
  readonly network: SimulatedNetwork
  /** Of those who start together; random with k neighbours each by default. */
  readonly topology?: string
  /** Neighbours to aim for; up to twice as many are accepted. */
  readonly k: number
  readonly onRound: (member: Member, event: RoundEvent) => void
}

/** All peers of a simulation: who is there, and who is linked with whom. */
export class Flock {
  readonly #init: FlockInit
  readonly #random: Random
  /** Those who are there, in the order of their coming. */
  readonly #members = new Map<Station, Member>()
  readonly #gone: Member[] = []
  readonly #lives = new Map<number, number>()
  readonly #running = new Set<Promise<void>>()
  /** How often honest peers refused what reached them, by reason. */
  readonly refused = new Map<RefusalReason, number>()
  /** Why peers left that could not go on, most of them because their models diverged for good. */
  readonly failures: Error[] = []

  constructor(init: FlockInit) {
    this.#init = init
    this.#random = createRandom(init.seed).fork('topology')
  }

  /** Who is there, in the order of their coming. */
  get members(): readonly Member[] {
    return [...this.#members.values()]
  }

  member(station: Station): Member | undefined {
    return this.#members.get(station)
  }

  /** Starts the peers of these owners together, linked as the topology says. */
  async startTogether(owners: readonly number[]): Promise<void> {
    const { network, topology, k } = this.#init
    const members: Member[] = []
    for (const owner of owners) members.push(await this.#create({ owner, isLate: false }))
    const links = firstLinks(topology, { peers: members.length, k }, this.#random)
    for (const [a, b] of links) network.link(members[a]!.peer, members[b]!.peer)
    for (const member of members) this.#run(member)
  }

  /** Starts one more peer, linked with k of those who are there; one that comes back brings what it saved. */
  async join(owner: number, saved?: Saved): Promise<void> {
    const member = await this.#create({ owner, isLate: true, saved })
    this.#linkUp(member, this.#init.k)
    this.#run(member)
  }

  /** Ends a peer as a killed process ends; its neighbours look for others. */
  crash(member: Member): void {
    const { network } = this.#init
    const left = network.neighboursOf(member.peer).flatMap((peer) => this.#members.get(peer) ?? [])
    member.peer.isMute = true
    member.peer.interrupt()
    network.cutOff(member.peer)
    this.#members.delete(member.peer)
    this.#gone.push(member)
    for (const neighbour of left) {
      // Nobody wants more than it had: a ring does not become something else.
      const had = network.neighboursOf(neighbour.peer).length + 1
      this.#linkUp(neighbour, Math.min(this.#init.k, had))
    }
  }

  /** Resolves when everybody who is there has played its last round. Rejects when all have failed. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    if (this.#members.size === 0) throw this.failures[0]
  }

  /** Stops following, and ends every trainer. */
  async close(): Promise<void> {
    for (const { peer, trainer } of [...this.members, ...this.#gone]) {
      peer.participant.stop()
      await trainer.close()
    }
  }

  async #create({ owner, isLate, saved }: Omit<Life, 'life'>): Promise<Member> {
    const life = this.#lives.get(owner) ?? 0
    this.#lives.set(owner, life + 1)
    const events = { everybody: () => this.members, onRound: this.#init.onRound, onRefused: this.#countRefusal }
    return createMember(this.#init, { owner, life, isLate, saved }, events)
  }

  readonly #countRefusal = (reason: RefusalReason): void => {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }

  #run(member: Member): void {
    this.#members.set(member.peer, member)
    const running: Promise<void> = member.peer
      .run()
      .then(
        () => {},
        (error: Error) => this.#failed(member, error)
      )
      .finally(() => {
        member.hasEnded = true
        this.#running.delete(running)
      })
    this.#running.add(running)
  }

  /** Who cannot go on leaves its neighbours as a killed peer does. */
  #failed(member: Member, error: Error): void {
    if (!this.#members.has(member.peer)) return
    this.failures.push(error)
    this.crash(member)
  }

  /**
   * Links a member with others at random until it has so many neighbours, as a real peer asks around; who has twice k
   * already refuses. A real peer takes half a second for that, here it takes no time.
   */
  #linkUp(member: Member, wanted: number): void {
    const { network, k } = this.#init
    const linked = new Set(network.neighboursOf(member.peer))
    const asked = this.members.filter(
      ({ peer }) => peer !== member.peer && !linked.has(peer) && network.neighboursOf(peer).length < 2 * k
    )
    while (linked.size < wanted && asked.length > 0) {
      const [{ peer }] = asked.splice(Math.floor(this.#random.next() * asked.length), 1) as [Member]
      network.link(member.peer, peer)
      linked.add(peer)
    }
  }
}
