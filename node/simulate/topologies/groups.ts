import type { Random } from '../../../protocols/averaging/index.ts'
import { shuffledIndices } from '../../data/shuffle.ts'
import { type Links, linksOf } from './links.ts'

/**
 * Groups of `size` random peers, in which everybody hears everybody; the last group has what is left. Groups of two are
 * a random perfect matching, in which an odd peer stays alone.
 */
export function drawGroups(peers: number, size: number, random: Random): Links {
  const order = shuffledIndices(peers, random)
  const receivers: number[] = []
  const senders: number[] = []
  for (let from = 0; from < peers; from += size) {
    const group = order.slice(from, from + size)
    for (const receiver of group) {
      for (const sender of group) {
        if (sender === receiver) continue
        receivers.push(receiver)
        senders.push(sender)
      }
    }
  }
  return linksOf(peers, Uint32Array.from(receivers), Uint32Array.from(senders))
}
