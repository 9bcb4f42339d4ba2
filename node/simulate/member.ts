import type { PrivateKey } from '@libp2p/interface'
import { createRandom } from '../../protocols/averaging/index.ts'
import type { RefusalReason } from '../../protocols/envelope/index.ts'
import type { ParticipantInit, RoundEvent } from '../participant/index.ts'
import type { Engine, Trainer } from '../training/index.ts'
import {
  averagingRulesOf,
  createRunTrainer,
  LocalVectors,
  type PersonalTrainer,
  personalise,
  type Vectors
} from '../vectors/index.ts'
import type { Attack } from './attack.ts'
import { incarnationOf, keyOf } from './simulated-keys.ts'
import { SimulatedPeer } from './simulated-peer.ts'
import { type SimulatedRun, seedOf } from './simulated-run.ts'
import { TimedTrainer } from './timed-trainer.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Virtual time of a round's local steps at speed 1. Only ratios to it matter: delays are given in units of it. */
export const TRAIN_MS = 100

/** One owner of rows and its peer; after a crash the owner comes back as another member. */
export interface Member {
  /** Whose rows: 0 to peers - 1. */
  readonly owner: number
  readonly peer: SimulatedPeer
  readonly trainer: Trainer
  /** What it keeps to itself, and the vector that it shares as it stands; absent where a run shares everything. */
  readonly personal?: { readonly trainer: PersonalTrainer; readonly shared: () => Float32Array }
  /** Training time of this peer, 1 for the base. */
  readonly slowness: number
  /** True for who came when the others had begun. */
  readonly isLate: boolean
  /** False for an attacker, whose model nobody measures. */
  readonly isHonest: boolean
  /** Rounds of the run that are behind it, closing rounds included; a late joiner begins with those that it missed. */
  rounds: number
  /** Payload bytes published. */
  payloadBytes: number
  /** Payload bytes got over links. */
  receivedBytes: number
  hasEnded: boolean
}

/** What a peer that left in good order comes back with. */
export interface Saved {
  readonly key: PrivateKey
  /** Rounds that it had behind it. */
  readonly round: number
  /** Its public copy, little-endian float32. */
  readonly copy: Uint8Array
}

export interface MemberInit {
  readonly run: SimulatedRun
  readonly engine: Engine
  readonly clock: VirtualClock
  readonly seed: number
  /** Training time of each owner's peer, 1 for the base. */
  readonly slowness: readonly number[]
  readonly waitRule?: ParticipantInit['waitRule']
  readonly attack?: Attack
}

/** One of the peers that an owner has in the course of a simulation. */
export interface Life {
  readonly owner: number
  readonly life: number
  readonly isLate: boolean
  readonly saved?: Saved | undefined
}

export interface MemberEvents {
  readonly everybody: () => readonly Member[]
  readonly onRound: (member: Member, event: RoundEvent) => void
  /** An honest peer refused something. */
  readonly onRefused: (reason: RefusalReason) => void
}

/**
 * Makes the peer of one owner, not yet running. `life`: 0 for its first peer, one more for every later one; each has a key
 * of its own, except who comes back with what it saved.
 */
export async function createMember(
  init: MemberInit,
  { owner, life, isLate, saved }: Life,
  events: MemberEvents
): Promise<Member> {
  const { run, clock, engine, seed, slowness, waitRule } = init
  const { manifest, rows } = run
  const attack = init.attack?.owners.has(owner) === true ? init.attack : undefined
  const { trainer, vectors, personal } = await equip(init, owner, life, { attack, everybody: events.everybody })
  const name = owner + life * rows.length
  const peer = new SimulatedPeer({
    run: run.id,
    manifest,
    key: saved?.key ?? (await keyOf(seed, name)),
    ...(saved === undefined ? {} : { saved }),
    incarnation: incarnationOf(seed, name, clock.wallNow()),
    vectors,
    clock,
    engine: `${engine.name} ${engine.version}`,
    samples: rows[owner]!.training.count,
    company: { links: 0, ms: 0 },
    ...(waitRule === undefined ? {} : { waitRule }),
    observer: {
      onRound: (_, event) => {
        member.rounds = event.phase === 'training' ? event.round + 1 : member.rounds + 1
        member.payloadBytes += event.payloadBytes
        events.onRound(member, event)
      },
      onRefused: (_, reason) => {
        if (attack === undefined) events.onRefused(reason)
      }
    }
  })
  const member: Member = {
    owner,
    peer,
    trainer,
    ...(personal === undefined ? {} : { personal }),
    slowness: slowness[owner]!,
    isHonest: attack === undefined,
    isLate,
    rounds: 0,
    payloadBytes: 0,
    receivedBytes: 0,
    hasEnded: false
  }
  return member
}

interface Arms extends Pick<MemberEvents, 'everybody'> {
  readonly attack: Attack | undefined
}

/** What a peer trains and keeps its vectors with: honest, or with what an attack puts in the place of it. */
async function equip(
  { run, engine, clock, seed, slowness }: MemberInit,
  owner: number,
  life: number,
  { attack, everybody }: Arms
): Promise<Pick<Member, 'trainer' | 'personal'> & { vectors: Vectors }> {
  const { manifest, topology, shared, rows, initial, steps } = run
  const { localSteps, learningRate } = manifest.training
  const rules = averagingRulesOf(manifest.averaging)
  const peerSeed = seedOf(seed, owner)
  const random = createRandom(peerSeed)
  const classes = manifest.task.kind === 'classification' ? manifest.task.classes.length : undefined
  const attacker = {
    owner,
    everybody,
    rules,
    initial: shared.take(initial),
    classes,
    random: random.fork('attack').fork(life)
  }
  const own = attack?.rows?.(rows[owner]!, attacker) ?? rows[owner]!
  const createTrainer = () => createRunTrainer(manifest, topology, own, engine)
  const plain = await createTrainer()
  const personal = await personalise({ manifest, shared, initial, trainer: plain, createTrainer })
  const honest = personal ?? plain
  const trainer = attack?.trainer?.(honest, attacker) ?? honest
  const vectors = new LocalVectors({
    trainer: new TimedTrainer({
      trainer,
      clock,
      stepsOf: () => steps[owner]!,
      msOf: (count) => (TRAIN_MS * slowness[owner]! * count) / localSteps
    }),
    rules,
    learningRate,
    seed: peerSeed,
    initial: shared.take(initial),
    random: random.fork('rounding').fork(life)
  })
  return {
    trainer,
    vectors: attack?.vectors?.(vectors, attacker) ?? vectors,
    ...(personal === undefined ? {} : { personal: { trainer: personal, shared: () => vectors.model } })
  }
}
