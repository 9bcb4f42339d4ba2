import type { Random } from '../../../protocols/averaging/index.ts'
import { shuffledIndices } from '../../data/shuffle.ts'
import { type Links, linksOf } from './links.ts'

/**
 * Every peer sends to `count` random others and hears whoever happens to send to it (EL-Local: de Vos et al. 2023,
 * arXiv:2310.01972). Links work one way only: with the plain mean of what is heard, the mean of all wanders.
 * `count` below `peers`.
 */
export function drawPushes(peers: number, count: number, random: Random): Links {
  const receivers = new Uint32Array(peers * count)
  for (let sender = 0; sender < peers; sender++) drawOthers(rowOf(receivers, sender, count), sender, peers, random)
  return sentTo(receivers, peers, count)
}

/**
 * As `drawPushes`, but everybody's news reaches everybody: one of the links of each peer is the next stretch of a random
 * round trip past all peers.
 */
export function drawStronglyConnectedPushes(peers: number, count: number, random: Random): Links {
  const receivers = new Uint32Array(peers * count)
  const trip = shuffledIndices(peers, random)
  trip.forEach((sender, at) => {
    const row = rowOf(receivers, sender, count)
    drawOthers(row, sender, peers, random)
    const next = trip[(at + 1) % peers]!
    if (!row.includes(next)) row[0] = next
  })
  return sentTo(receivers, peers, count)
}

function rowOf(receivers: Uint32Array, sender: number, count: number): Uint32Array {
  return receivers.subarray(sender * count, (sender + 1) * count)
}

/** Fills `row` with different peers other than `self` (Floyd's sampling: Bentley & Floyd 1987). */
function drawOthers(row: Uint32Array, self: number, peers: number, random: Random): void {
  const others = peers - 1
  for (let k = 0; k < row.length; k++) {
    const last = others - row.length + k
    const drawn = Math.floor(random.next() * (last + 1))
    row[k] = row.subarray(0, k).includes(drawn) ? last : drawn
  }
  // Numbered without the sender so far.
  for (let k = 0; k < row.length; k++) if (row[k]! >= self) row[k]! += 1
}

/** Links from `receivers`, shape [peers, count]: to whom each peer sends. */
function sentTo(receivers: Uint32Array, peers: number, count: number): Links {
  const senders = Uint32Array.from({ length: receivers.length }, (_, e) => Math.floor(e / count))
  return linksOf(peers, receivers, senders)
}
