/**
 * Who hears whom, in compressed rows: receiver `i` hears `senders[offsets[i]]` to `senders[offsets[i + 1] - 1]`, nobody
 * twice and never itself. Two typed arrays, because lists of lists are ten times larger at 65 536 peers.
 */
export interface Links {
  /** Shape [peers + 1], from 0 to the number of links, never falling. */
  readonly offsets: Uint32Array
  /** Shape [links]; a link that works both ways is in it twice. */
  readonly senders: Uint32Array
}

/** Links and what each weighs in its receiver's mean; what is left of 1 is the receiver's own. */
export interface Mixing extends Links {
  /** Shape [links], as `senders`. */
  readonly weights: Float64Array
}

export function peersOf({ offsets }: Links): number {
  return offsets.length - 1
}

/** How many peers `receiver` hears. */
export function degreeOf({ offsets }: Links, receiver: number): number {
  return offsets[receiver + 1]! - offsets[receiver]!
}

/** Whom `receiver` hears, a view. */
export function sendersTo({ offsets, senders }: Links, receiver: number): Uint32Array {
  return senders.subarray(offsets[receiver]!, offsets[receiver + 1]!)
}

/**
 * Links from pairs: `receivers[e]` hears `senders[e]`. Rows keep the order of the pairs (a counting sort).
 * `receivers`, `senders`: shape [links], peers below `peers`.
 */
export function linksOf(peers: number, receivers: Uint32Array, senders: Uint32Array): Links {
  const offsets = new Uint32Array(peers + 1)
  for (const receiver of receivers) offsets[receiver + 1]! += 1
  for (let i = 0; i < peers; i++) offsets[i + 1]! += offsets[i]!
  const next = offsets.slice()
  const rows = new Uint32Array(senders.length)
  receivers.forEach((receiver, e) => {
    rows[next[receiver]!] = senders[e]!
    next[receiver]! += 1
  })
  return { offsets, senders: rows }
}

/** Links that work both ways, from their pairs of ends. `one`, `other`: shape [pairs]. */
export function symmetricLinks(peers: number, one: Uint32Array, other: Uint32Array): Links {
  const receivers = new Uint32Array(2 * one.length)
  receivers.set(one)
  receivers.set(other, one.length)
  const senders = new Uint32Array(2 * one.length)
  senders.set(other)
  senders.set(one, one.length)
  return linksOf(peers, receivers, senders)
}

/** True when every peer can be reached from peer 0. Only for links that work both ways. */
export function isConnected(links: Links): boolean {
  const isReached = new Uint8Array(peersOf(links))
  isReached[0] = 1
  const open = [0]
  let reached = 1
  for (let peer = open.pop(); peer !== undefined; peer = open.pop()) {
    for (const next of sendersTo(links, peer)) {
      if (isReached[next] === 1) continue
      isReached[next] = 1
      reached += 1
      open.push(next)
    }
  }
  return reached === isReached.length
}
