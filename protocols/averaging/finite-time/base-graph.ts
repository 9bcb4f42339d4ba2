import { type Edge, type GraphRound, sideBySide } from './edge.ts'
import { hyperHypercube, isSmooth, smoothPart } from './hyper-hypercube.ts'

/**
 * The base-(k+1) graph (Takezawa, Sato, Bao, Niwa & Yamada 2023, "Beyond exponential graph: communication-efficient
 * topologies for decentralized learning via finite-time convergence", algorithms 1 to 3): after its rounds all `n` peers
 * hold the exact mean, for every `n`, with at most `k` neighbours a round.
 *
 * The rounds for `k = 1`: 2 peers 1, 6 peers 4, 25 peers 9, 100 peers 11. Peers are numbered from 0.
 * Throws RangeError unless `n` and `k` are whole numbers from 1.
 */
export function baseGraph(n: number, k: number): GraphRound[] {
  for (const value of [n, k]) if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${value} is below 1`)
  const peers = Array.from({ length: n }, (_, i) => i)
  const simple = simpleBaseGraph(peers, k)
  const smooth = smoothPart(n, k + 1)
  if (smooth === 1 || smooth === n) return simple
  const byGroups = groupedBaseGraph(peers, k, n / smooth)
  return byGroups.length < simple.length ? byGroups : simple
}

/** Algorithm 3: groups of `size` peers average, then peers of the same place in each group do. */
function groupedBaseGraph(peers: readonly number[], k: number, size: number): GraphRound[] {
  const groups = chunks(peers, size)
  const within = sideBySide(groups.map((group) => simpleBaseGraph(group, k)))
  const places = groups[0]!.map((_, place) => groups.map((group) => group[place]!))
  return [...within, ...sideBySide(places.map((place) => hyperHypercube(place, k)))]
}

/**
 * Algorithm 2: peers are split by the digits of their number in base k + 1, the largest part first. Each part averages
 * within itself; then one after another exchanges with all smaller parts so that the mean of each of its cubes is the
 * mean of all, and averages within its cubes while the smaller parts go on. The last part is done with its exchange.
 */
function simpleBaseGraph(peers: readonly number[], k: number): GraphRound[] {
  if (isSmooth(peers.length, k + 1)) return hyperHypercube(peers, k)
  const parts = partsOf(peers, k + 1)
  const first = sideBySide(parts.map((part) => hyperHypercube(part.cubes.flat(), k)))
  const afterwards = parts.slice(0, -1).map((part, place) => {
    const smaller = parts.slice(place + 1).flatMap(({ cubes }) => cubes.flat())
    const waiting: GraphRound[] = Array.from({ length: place }, () => [])
    const within = sideBySide(part.cubes.map((cube) => hyperHypercube(cube, k)))
    return [...waiting, exchange(part, smaller), ...within]
  })
  return [...first, ...sideBySide(afterwards)]
}

/** As many peers as one digit of their number stands for: `digit` cubes of a power of the base each. */
interface Part {
  readonly cubes: readonly (readonly number[])[]
}

/** The parts for the digits other than 0, highest power first. */
function partsOf(peers: readonly number[], base: number): Part[] {
  const parts: Part[] = []
  let rest = peers
  for (let cube = largestPower(peers.length, base); rest.length > 0; cube /= base) {
    const size = Math.floor(rest.length / cube) * cube
    if (size === 0) continue
    parts.push({ cubes: chunks(rest.slice(0, size), cube) })
    rest = rest.slice(size)
  }
  return parts
}

/** The largest power of `base` up to `n`. */
function largestPower(n: number, base: number): number {
  let power = 1
  while (power * base <= n) power *= base
  return power
}

/**
 * Each peer of the smaller parts meets one peer of each cube. All of the part hold its mean `p`, so with the weight
 * `cube / all` the mean of a cube becomes `p + r / all * (mean of the r smaller - p)`, the mean of all; and the mean of the
 * smaller parts becomes the same.
 */
function exchange({ cubes }: Part, smaller: readonly number[]): Edge[] {
  const cube = cubes[0]!.length
  const weight = cube / (cubes.length * cube + smaller.length)
  return cubes.flatMap((members) => smaller.map((b, i) => ({ a: members[i]!, b, weight })))
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: values.length / size }, (_, i) => values.slice(i * size, (i + 1) * size))
}
