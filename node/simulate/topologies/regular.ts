import type { Random } from '../../../protocols/averaging/index.ts'
import { complete } from './complete.ts'
import { isConnected, type Links, linksOf, sendersTo, symmetricLinks } from './links.ts'

/** A pairing that has linked nothing in so many passes is begun anew: what is left are loops and double links. */
const FRUITLESS_PASSES = 10

/**
 * A random graph in which every peer has `degree` links: no loops, no double links (Steger & Wormald 1999: the open ends
 * are paired at random, pairs that may not be are thrown back). Not always connected.
 * `peers * degree` is even, `degree` below `peers`. Takes time in proportion to the links: .1 s for 65 536 peers.
 */
export function drawRegular(peers: number, degree: number, random: Random): Links {
  // A dense graph is what a sparse one leaves out: pairing would nearly always get stuck.
  if (2 * degree >= peers) return complementOf(peers, drawRegular(peers, peers - 1 - degree, random))
  // Measured: begun anew .5 times a draw (1 024 peers, 6 links) to 5 times (100 peers, 49 links), so it ends.
  for (;;) {
    const links = pairOpenEnds(peers, degree, random)
    if (links !== undefined) return links
  }
}

/** As `drawRegular`, but connected: of degree 3 and up nearly every draw is. `degree` at least 2. */
export function drawConnectedRegular(peers: number, degree: number, random: Random): Links {
  for (;;) {
    const links = drawRegular(peers, degree, random)
    if (isConnected(links)) return links
  }
}

function pairOpenEnds(peers: number, degree: number, random: Random): Links | undefined {
  const pairs = new Pairs(peers, degree)
  let open = Uint32Array.from({ length: peers * degree }, (_, end) => Math.floor(end / degree))
  let fruitless = 0
  while (open.length > 0) {
    shuffle(open, random)
    const left: number[] = []
    for (let at = 0; at < open.length; at += 2) {
      if (!pairs.add(open[at]!, open[at + 1]!)) left.push(open[at]!, open[at + 1]!)
    }
    fruitless = left.length === open.length ? fruitless + 1 : 0
    if (fruitless === FRUITLESS_PASSES) return undefined
    open = Uint32Array.from(left)
  }
  return pairs.links()
}

/** The pairs so far, and beside each peer whom it is paired with. */
class Pairs {
  readonly #degree: number
  readonly #one: Uint32Array
  readonly #other: Uint32Array
  /** Shape [peers, degree], of which `#paired` entries a row are filled. */
  readonly #partners: Uint32Array
  readonly #paired: Uint32Array
  #count = 0

  constructor(peers: number, degree: number) {
    this.#degree = degree
    this.#one = new Uint32Array((peers * degree) / 2)
    this.#other = new Uint32Array((peers * degree) / 2)
    this.#partners = new Uint32Array(peers * degree)
    this.#paired = new Uint32Array(peers)
  }

  /** False when the pair would be a loop or a double link. */
  add(a: number, b: number): boolean {
    if (a === b || this.#arePaired(a, b)) return false
    this.#note(a, b)
    this.#note(b, a)
    this.#one[this.#count] = a
    this.#other[this.#count] = b
    this.#count += 1
    return true
  }

  links(): Links {
    return symmetricLinks(this.#paired.length, this.#one, this.#other)
  }

  #arePaired(a: number, b: number): boolean {
    const from = a * this.#degree
    return this.#partners.subarray(from, from + this.#paired[a]!).includes(b)
  }

  #note(peer: number, partner: number): void {
    this.#partners[peer * this.#degree + this.#paired[peer]!] = partner
    this.#paired[peer]! += 1
  }
}

/** Fisher & Yates, in place. */
function shuffle(values: Uint32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const kept = values[i]!
    values[i] = values[j]!
    values[j] = kept
  }
}

/** Links between exactly those whom `links` leaves unlinked. */
function complementOf(peers: number, links: Links): Links {
  const all = complete(peers)
  const receivers: number[] = []
  const senders: number[] = []
  for (let receiver = 0; receiver < peers; receiver++) {
    const heard = new Set(sendersTo(links, receiver))
    for (const sender of sendersTo(all, receiver)) {
      if (heard.has(sender)) continue
      receivers.push(receiver)
      senders.push(sender)
    }
  }
  return linksOf(peers, Uint32Array.from(receivers), Uint32Array.from(senders))
}
