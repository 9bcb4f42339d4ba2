import type { Random } from '../../protocols/averaging/index.ts'

/** In a flock of up to eight everybody is linked to everybody (ALGORITHMS 1). */
const ALL_LINKED_PEERS = 8

/** Pairings tried before a graph of this many peers and neighbours counts as impossible to draw. */
const MAX_DRAWS = 1000

/** Undirected links as pairs of peer numbers, the smaller first. */
export type Links = readonly (readonly [number, number])[]

/** Links of all with all. */
export function completeGraph(peers: number): Links {
  return Array.from({ length: peers }, (_, a) => Array.from({ length: a }, (_, b) => [b, a] as const)).flat()
}

/** Each peer linked with the next, the last with the first. */
export function ringGraph(peers: number): Links {
  if (peers < 4) return completeGraph(peers)
  return Array.from({ length: peers }, (_, i) => (i + 1 < peers ? ([i, i + 1] as const) : ([0, i] as const)))
}

/**
 * A random graph in which everybody has `k` neighbours (one has k - 1 where peers times k is odd), as a flock of real peers
 * settles; up to eight peers are linked all to all. Connected. Throws RangeError for k below 2 among more peers than that.
 *
 * Pairs free ends at random and starts anew where only pairs are left that exist or are loops (Steger & Wormald 1999).
 */
export function regularGraph(peers: number, k: number, random: Random): Links {
  if (peers <= ALL_LINKED_PEERS || peers <= k + 1) return completeGraph(peers)
  if (k < 2) throw new RangeError(`k is ${k}: ${peers} peers need at least 2 neighbours each to be one flock`)
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const links = pairEnds(peers, k, random)
    if (links !== undefined && isConnected(peers, links)) return links
  }
  throw new RangeError(`no graph of ${peers} peers with ${k} neighbours each was found`)
}

function pairEnds(peers: number, k: number, random: Random): Links | undefined {
  const ends = Array.from({ length: peers * k }, (_, i) => i % peers)
  const neighbours = Array.from({ length: peers }, () => new Set<number>())
  const links: [number, number][] = []
  const draw = () => Math.floor(random.next() * ends.length)
  for (let failures = 0; ends.length > 1; ) {
    const [i, j] = [draw(), draw()]
    const [a, b] = [ends[i]!, ends[j]!]
    if (a === b || neighbours[a]!.has(b)) {
      failures += 1
      if (failures > MAX_DRAWS) return undefined
      continue
    }
    neighbours[a]!.add(b)
    neighbours[b]!.add(a)
    links.push(a < b ? [a, b] : [b, a])
    for (const at of [i, j].sort((x, y) => y - x)) {
      ends[at] = ends.at(-1)!
      ends.pop()
    }
    failures = 0
  }
  return links
}

function isConnected(peers: number, links: Links): boolean {
  const neighbours = Array.from({ length: peers }, () => [] as number[])
  for (const [a, b] of links) {
    neighbours[a]!.push(b)
    neighbours[b]!.push(a)
  }
  const reached = new Set([0])
  for (const peer of reached) for (const next of neighbours[peer]!) reached.add(next)
  return reached.size === peers
}
