import { type Links, symmetricLinks } from './links.ts'

/** Every peer with the one before and the one after it. At least three peers. */
export function ring(peers: number): Links {
  const one = Uint32Array.from({ length: peers }, (_, i) => i)
  return symmetricLinks(
    peers,
    one,
    one.map((i) => (i + 1) % peers)
  )
}
