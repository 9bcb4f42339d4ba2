import { createRandom, type Random } from '../../protocols/averaging/index.ts'
import type { RoundEvent } from '../participant/index.ts'
import type { Engine } from '../training/index.ts'
import { type Measure, measureOf } from '../training/quality.ts'
import type { Attack } from './attack.ts'
import { planChurn } from './churn.ts'
import { addToStaleBase, WAIT_RULES } from './controls/index.ts'
import { Flock } from './flock.ts'
import { flockRound, measureFlock, type Snapshot } from './measurements.ts'
import { type Member, TRAIN_MS } from './member.ts'
import { planPartition } from './partition.ts'
import { type Interference, SimulatedNetwork, type Station } from './simulated-network.ts'
import type { SimulatedRun } from './simulated-run.ts'
import type { SimulationOptions } from './simulation-options.ts'
import { drawSlowness } from './slowness.ts'
import { Timeline } from './timeline.ts'
import { VirtualClock } from './virtual-clock.ts'

/** As in the issue that asks for churn: 5 % a round for 5 rounds. */
const CHURN_ROUNDS = 5

export interface SimulationHooks {
  readonly signal?: AbortSignal
  /** Half of the peers have played so many rounds. */
  readonly onProgress?: (snapshot: Snapshot) => void
  /** A peer has played a round. */
  readonly onRound?: (member: Member, event: RoundEvent, ms: number) => void
  readonly attack?: Attack
}

/** One flock on one virtual clock, with what the options let happen to it. */
export class Simulation {
  readonly flock: Flock
  readonly clock = new VirtualClock()
  readonly measure: Measure
  /** Once a round, oldest first. */
  readonly snapshots: Snapshot[] = []
  readonly #run: SimulatedRun
  readonly #options: SimulationOptions
  readonly #hooks: SimulationHooks
  readonly #network: SimulatedNetwork
  readonly #random: Random
  readonly #timeline = new Timeline()
  /** Rejects when measuring, or what was planned, fails. */
  readonly #failure = Promise.withResolvers<never>()
  #round = 0

  constructor(run: SimulatedRun, engine: Engine, options: SimulationOptions, hooks: SimulationHooks) {
    this.#run = run
    this.#options = options
    this.#hooks = hooks
    this.#random = createRandom(options.seed).fork('simulation')
    this.measure = measureOf(run.manifest.task.kind)
    this.#network = this.#createNetwork()
    this.flock = this.#createFlock(engine)
    this.#plan()
  }

  /** Lets all peers play to their end. Rejects with the signal's reason. Returns the last measurement. */
  async play(): Promise<Snapshot> {
    const owners = this.#run.rows.map((_, owner) => owner)
    const late = this.#options.late ?? 0
    await this.flock.startTogether(late === 0 ? owners : owners.slice(0, -late))
    await this.clock.until(Promise.race([this.flock.ended(), this.#failure.promise]), this.#hooks)
    return this.#snapshot()
  }

  #createNetwork(): SimulatedNetwork {
    const { delay, loss, bandwidth } = this.#options
    const interference = this.#interference()
    return new SimulatedNetwork({
      clock: this.clock,
      delayMs: () => delay * TRAIN_MS,
      loss: { share: loss, random: this.#random.fork('loss') },
      ...(bandwidth === undefined ? {} : { bytesPerSecond: bandwidth }),
      ...(interference === undefined ? {} : { interference }),
      onReceived: (to, payloadBytes) => {
        const member = this.flock.member(to)
        if (member !== undefined) member.receivedBytes += payloadBytes
      }
    })
  }

  #interference(): Interference | undefined {
    const { manifest, initial } = this.#run
    if (this.#options.repair) return attackersOnly(this.#hooks.attack, (station) => this.flock.member(station))
    return addToStaleBase(manifest, initial, (station) => this.flock.member(station)!.peer.key)
  }

  #createFlock(engine: Engine): Flock {
    const { seed, topology, wait } = this.#options
    return new Flock({
      run: this.#run,
      engine,
      clock: this.clock,
      seed,
      network: this.#network,
      ...(topology === undefined ? {} : { topology }),
      k: this.#run.manifest.averaging.k,
      slowness: drawSlowness(this.#options, this.#run.rows.length, this.#random.fork('speeds')),
      waitRule: WAIT_RULES[wait],
      ...(this.#hooks.attack === undefined ? {} : { attack: this.#hooks.attack }),
      onRound: (member, event) => this.#played(member, event)
    })
  }

  #plan(): void {
    const {
      churn: share,
      churnRounds = CHURN_ROUNDS,
      churnAway,
      late = 0,
      lateAt = 1,
      partition,
      peers
    } = this.#options
    if (share !== undefined) {
      const churn = { share, rounds: churnRounds, ...(churnAway === undefined ? {} : { away: churnAway }) }
      planChurn(this.#timeline, this.flock, churn, this.#random.fork('churn'))
    }
    if (partition !== undefined) {
      planPartition(this.#timeline, this.flock, this.#network, partition, this.#random.fork('partition'))
    }
    this.#timeline.at(lateAt, async () => {
      for (let owner = peers - late; owner < peers; owner++) await this.flock.join(owner)
    })
  }

  #played(member: Member, event: RoundEvent): void {
    this.#hooks.onRound?.(member, event, this.clock.now())
    const round = flockRound(this.flock.members)
    if (round <= this.#round) return
    this.#round = round
    // An event of its own: what the peers do at this instant is done by then.
    this.clock.after(0, () => void this.clock.during(this.#completed()).catch(this.#failure.reject))
  }

  async #completed(): Promise<void> {
    const snapshot = await this.#snapshot()
    this.snapshots.push(snapshot)
    this.#hooks.onProgress?.(snapshot)
    await this.#timeline.reach(this.#round)
  }

  #snapshot(): Promise<Snapshot> {
    return measureFlock(this.flock.members, this.measure, { round: this.#round, ms: this.clock.now() })
  }
}

/** Leaves the frames of honest peers alone. */
function attackersOnly(
  attack: Attack | undefined,
  memberAt: (station: Station) => Member | undefined
): Interference | undefined {
  const interference = attack?.interference
  if (interference === undefined) return undefined
  return async (from, to, frame) => {
    const member = memberAt(from)
    return member !== undefined && attack!.owners.has(member.owner) ? interference(member, to, frame) : frame
  }
}
