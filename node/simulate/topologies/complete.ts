import type { Links } from './links.ts'

/** Every peer with every other. */
export function complete(peers: number): Links {
  const offsets = Uint32Array.from({ length: peers + 1 }, (_, i) => i * (peers - 1))
  const senders = new Uint32Array(peers * (peers - 1))
  for (let i = 0, at = 0; i < peers; i++) {
    for (let j = 0; j < peers; j++) if (j !== i) senders[at++] = j
  }
  return { offsets, senders }
}
