import { setImmediate } from 'node:timers/promises'
import { type Codec, createRandom, median, payloadBytes, type Random } from '../../../protocols/averaging/index.ts'
import { type Clock, systemClock } from '../../../protocols/clock.ts'
import { createTopology } from '../topologies/index.ts'
import { disagreementOf, meanDrift } from './disagreement.ts'
import { ConsensusSizeError } from './errors.ts'
import { Flock } from './flock.ts'
import { LinkBytes } from './link-bytes.ts'

/** V / V0 at which peers count as agreed (issue 5). */
export const AGREED_RATIO = 1e-6

const DEFAULT_TOPOLOGY = 'regular:6'
const DEFAULT_CODEC = 'int4'

/** Measured: random graphs of six links take 8 to 19 rounds up to 65 536 peers, a ring of 40 takes 615. */
const DEFAULT_MAX_ROUNDS = 1000

const MAX_PEERS = 65_536

/** Parameters of all peers together: measured at 33 bytes each, everything counted (.8 GB for 2.4e7). */
const MAX_PARAMETERS = 1e8

/** Parameters between two looks at the signal, about 10 ms; a peer costs as much as 64 of them on top. */
const SLICE_PARAMETERS = 2 ** 18
const PEER_OVERHEAD_PARAMETERS = 64

export interface ConsensusOptions {
  /** Decides vectors, graph and rounding: an integer of up to 53 bits. */
  readonly seed: number
  /** 2 to 65 536 */
  readonly peers: number
  /** Length of a peer's vector; 1 by default. */
  readonly dimension?: number
  /** A topology by name; `regular:6` by default. */
  readonly topology?: string
  /** `int4` by default, as in a real run. */
  readonly codec?: Codec
  /** Gives up after so many; 1 000 by default. */
  readonly maxRounds?: number
}

export interface ConsensusRound {
  /** From 1. */
  readonly round: number
  /** V / V0 after it. */
  readonly ratio: number
}

export interface ConsensusHooks {
  readonly signal?: AbortSignal
  readonly onRound?: (round: ConsensusRound) => void
  readonly clock?: Pick<Clock, 'now'>
}

export interface ConsensusResult {
  readonly seed: number
  readonly peers: number
  readonly dimension: number
  readonly topology: string
  readonly codec: Codec
  /** Rounds until V / V0 is at most 1e-6; null when it never was. */
  readonly rounds: number | null
  /** V / V0 at the end. */
  readonly ratio: number
  /** How far the mean of all moved, in standard deviations of the vectors at the start. */
  readonly drift: number
  readonly seconds: number
  /** Medians a peer, headers not counted. */
  readonly bytes: { readonly payload: number; readonly received: number }
}

/**
 * Averages without training: every peer begins with a random vector, uniform on [-1, 1), publishes, and mixes with the
 * code of real peers until all agree to `AGREED_RATIO` or the rounds are over. Rounds are in lock-step. The same options
 * give the same result on every machine, `seconds` apart.
 *
 * Throws ConsensusSizeError, TopologySpecError, TopologySizeError, InvalidSeedError, and the signal's reason.
 */
export async function runConsensus(options: ConsensusOptions, hooks: ConsensusHooks = {}): Promise<ConsensusResult> {
  const { seed, peers, dimension = 1, topology: spec = DEFAULT_TOPOLOGY, codec = DEFAULT_CODEC } = options
  const { signal, onRound, clock = systemClock } = hooks
  requireSize(peers, dimension)
  const begun = clock.now()
  const random = createRandom(seed)
  const topology = createTopology(spec, peers, random.fork('topology'))
  const flock = new Flock({ codec, starts: drawVectors(peers, dimension, random), random: random.fork('rounding') })
  const bytes = new LinkBytes(peers, dimension, codec)
  const start = disagreementOf(flock.models)
  const inSlices = (work: (from: number, to: number) => void) => sliced(peers, dimension, work, signal)

  let now = start
  let round = 0
  const ratio = () => now.squares / start.squares
  const maxRounds = options.maxRounds ?? DEFAULT_MAX_ROUNDS
  while (ratio() > AGREED_RATIO && round < maxRounds) {
    const mixing = topology.mixing(round)
    await inSlices((from, to) => flock.publish(from, to))
    bytes.count(mixing)
    flock.link(mixing)
    await inSlices((from, to) => flock.mix(from, to))
    now = disagreementOf(flock.models)
    round += 1
    onRound?.({ round, ratio: ratio() })
  }
  return {
    seed,
    peers,
    dimension,
    topology: spec,
    codec,
    rounds: ratio() <= AGREED_RATIO ? round : null,
    ratio: ratio(),
    drift: meanDrift(start, now, peers),
    seconds: (clock.now() - begun) / 1000,
    bytes: { payload: round * payloadBytes(codec, dimension), received: median([...bytes.received]) ?? 0 }
  }
}

function requireSize(peers: number, dimension: number): void {
  if (!(Number.isInteger(peers) && peers >= 2 && peers <= MAX_PEERS)) {
    throw new ConsensusSizeError(`${peers} peers: give 2 to ${MAX_PEERS}`)
  }
  if (!(Number.isInteger(dimension) && dimension >= 1 && peers * dimension <= MAX_PARAMETERS)) {
    throw new ConsensusSizeError(
      `vectors of ${dimension}: give an integer from 1 to ${Math.floor(MAX_PARAMETERS / peers)} for ${peers} peers`
    )
  }
}

/** Uniform, because that needs no function whose last bits differ between machines. Shape [peers, dimension]. */
function drawVectors(peers: number, dimension: number, random: Random): Float32Array[] {
  return Array.from({ length: peers }, (_, peer) => {
    const own = random.fork(peer)
    return Float32Array.from({ length: dimension }, () => 2 * own.next() - 1)
  })
}

/** Does the work peer by peer, and lets the process see to other things now and then. Throws the signal's reason. */
async function sliced(
  peers: number,
  dimension: number,
  work: (from: number, to: number) => void,
  signal?: AbortSignal
): Promise<void> {
  const size = Math.ceil(SLICE_PARAMETERS / (dimension + PEER_OVERHEAD_PARAMETERS))
  for (let from = 0; from < peers; from += size) {
    signal?.throwIfAborted()
    work(from, Math.min(from + size, peers))
    await setImmediate()
  }
}
