import type { Edge, GraphRound } from './edge.ts'

/**
 * The k-peer hyper-hypercube (Takezawa et al. 2023, algorithm 1): peers numbered in a mixed radix, one digit a round; in
 * the round of a digit all peers that differ in it only average completely. Exact after as many rounds as there are
 * digits, for a number of peers that has no prime factor above `k + 1`.
 *
 * `peers`: who takes part, in the order of their numbers. Throws RangeError where a prime factor is too large.
 */
export function hyperHypercube(peers: readonly number[], k: number): GraphRound[] {
  const radices = fewestFactors(peers.length, k + 1)
  if (radices === undefined) throw new RangeError(`${peers.length} has a prime factor above ${k + 1}`)
  const rounds: GraphRound[] = []
  let stride = 1
  for (const radix of radices) {
    rounds.push(completeGroups(peers, stride, radix))
    stride *= radix
  }
  return rounds
}

/** Whether all prime factors of `n` are at most `largest`. */
export function isSmooth(n: number, largest: number): boolean {
  return smoothPart(n, largest) === n
}

/** The largest divisor of `n` whose prime factors are at most `largest`. */
export function smoothPart(n: number, largest: number): number {
  let rest = n
  for (let factor = 2; factor <= largest; factor++) while (rest % factor === 0) rest /= factor
  return n / rest
}

/** Complete graphs among peers whose numbers differ in the digit at `stride` only. */
function completeGroups(peers: readonly number[], stride: number, radix: number): Edge[] {
  const edges: Edge[] = []
  for (let one = 0; one < peers.length; one++) {
    const digit = Math.floor(one / stride) % radix
    for (let ahead = 1; digit + ahead < radix; ahead++) {
      edges.push({ a: peers[one]!, b: peers[one + ahead * stride]!, weight: 1 / radix })
    }
  }
  return edges
}

/** `n` as a product of as few factors up to `largest` as possible, the largest first; `undefined` where there is none. */
function fewestFactors(n: number, largest: number): number[] | undefined {
  if (n === 1) return []
  let fewest: number[] | undefined
  for (let factor = Math.min(n, largest); factor >= 2; factor--) {
    if (n % factor !== 0) continue
    const others = fewestFactors(n / factor, factor)
    if (others !== undefined && (fewest === undefined || others.length + 1 < fewest.length))
      fewest = [factor, ...others]
  }
  return fewest
}
