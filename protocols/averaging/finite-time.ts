/**
 * Rounds after which peers in lock-step hold the exact mean, for any number of them: the base-(k+1) graph (Takezawa et
 * al. 2023, "Beyond Exponential Graph", arXiv:2305.11420). A static graph only comes ever closer to it.
 *
 * The idea, for k = 1 and three peers: two of them average; one of the two mixes with the third so that the third has the
 * mean of all and the pair has it between them; the pair averages again.
 */

/** A link of one round. Both ends move towards each other by `weight`, which conserves the mean. */
export interface WeightedLink {
  readonly one: number
  readonly other: number
  readonly weight: number
}

/** Links of one round; a peer that is in none keeps what it has. */
export type MixingRound = readonly WeightedLink[]

/**
 * The rounds for `peers` peers, of whom none has more than `links` links in a round. For one link a peer: log2(n) rounds
 * where n is a power of two, and at most 2 log2(n) + 2 otherwise (9 for 25, 11 for 100). `peers`, `links`: at least 1.
 */
export function finiteTimeRounds(peers: number, links: number): readonly MixingRound[] {
  const members = Array.from({ length: peers }, (_, peer) => peer)
  const smooth = smoothPart(peers, links + 1)
  const simple = simpleRounds(members, links)
  const composed = composedRounds(members, peers / smooth, links)
  return composed.length < simple.length ? composed : simple
}

/** Subsets of `size` peers that average among themselves, and then each with its likes in the others. */
function composedRounds(members: readonly number[], size: number, links: number): MixingRound[] {
  const subsets = chunks(members, size)
  const within = together(subsets.map((subset) => simpleRounds(subset, links)))
  const across = Array.from({ length: size }, (_, place) =>
    cliqueRounds(
      subsets.map((subset) => subset[place]!),
      links
    )
  )
  return [...within, ...together(across)]
}

/**
 * The simple base-(k+1) graph. The members are cut into parts by the digits of their number to the base k + 1. All parts
 * average within; then each part in turn gives every member of all later parts its share of the mean, so that these hold
 * the mean of all between them, and so does each of the part's own pieces, which averages once more.
 */
function simpleRounds(members: readonly number[], links: number): MixingRound[] {
  if (smoothPart(members.length, links + 1) === members.length) return cliqueRounds(members, links)
  const parts = digitParts(members, links + 1)
  const within = together(parts.map(({ pieces }) => cliqueRounds(pieces.flat(), links)))
  const closing = parts.slice(0, -1).map(({ pieces }, index) => {
    const later = parts.slice(index + 1).flatMap((part) => part.pieces.flat())
    const pause = Array.from({ length: index }, (): MixingRound => [])
    return [...pause, exchange(pieces, later), ...together(pieces.map((piece) => cliqueRounds(piece, links)))]
  })
  return [...within, ...together(closing)]
}

/** Every later member mixes with one of each piece; all of a part's members hold the same by then. */
function exchange(pieces: readonly (readonly number[])[], later: readonly number[]): MixingRound {
  const size = pieces.length * pieces[0]!.length
  const weight = size / (pieces.length * (size + later.length))
  return later.flatMap((other, place) => pieces.map((piece) => ({ one: piece[place]!, other, weight })))
}

/**
 * The hyper-hypercube: exact where all prime factors of the number of members are at most k + 1. Each round averages along
 * one of the sides of a box, in cliques.
 */
function cliqueRounds(members: readonly number[], links: number): MixingRound[] {
  let stride = 1
  return fewestFactors(members.length, links + 1).map((side) => {
    const step = stride
    stride *= side
    return members.flatMap((one, place) => {
      const position = Math.floor(place / step) % side
      const others = Array.from({ length: side - 1 - position }, (_, ahead) => members[place + (ahead + 1) * step]!)
      return others.map((other) => ({ one, other, weight: 1 / side }))
    })
  })
}

interface DigitPart {
  /** As many as the digit says, of `base^power` members each. */
  readonly pieces: readonly (readonly number[])[]
}

/** The members by the digits of their number to `base`, the largest power first; digits of 0 have no part. */
function digitParts(members: readonly number[], base: number): DigitPart[] {
  const parts: DigitPart[] = []
  let left = members
  for (let size = largestPower(base, members.length); left.length > 0; size /= base) {
    const taken = left.length - (left.length % size)
    if (taken > 0) parts.push({ pieces: chunks(left.slice(0, taken), size) })
    left = left.slice(taken)
  }
  return parts
}

function largestPower(base: number, limit: number): number {
  let power = 1
  while (power * base <= limit) power *= base
  return power
}

/** The largest divisor that has no prime factor above `limit`. */
function smoothPart(number: number, limit: number): number {
  let rest = number
  for (let factor = 2; factor <= limit; factor++) while (rest % factor === 0) rest /= factor
  return number / rest
}

/** As few factors of at most `limit` as multiply to `number`, which has no prime factor above that. */
function fewestFactors(number: number, limit: number): number[] {
  if (number === 1) return []
  let fewest: number[] | undefined
  for (let factor = Math.min(limit, number); factor > 1; factor--) {
    if (number % factor !== 0) continue
    const factors = [factor, ...fewestFactors(number / factor, factor)]
    if (factors.reduce((product, x) => product * x, 1) !== number) continue
    if (fewest === undefined || factors.length < fewest.length) fewest = factors
  }
  return fewest ?? []
}

/** Rounds of peers that have nothing to do with each other, played at the same time. */
function together(sequences: readonly (readonly MixingRound[])[]): MixingRound[] {
  const length = Math.max(0, ...sequences.map((rounds) => rounds.length))
  return Array.from({ length }, (_, round) => sequences.flatMap((rounds) => rounds[round] ?? []))
}

function chunks(members: readonly number[], size: number): number[][] {
  return Array.from({ length: members.length / size }, (_, i) => members.slice(i * size, (i + 1) * size))
}
