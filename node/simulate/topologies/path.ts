import { type Links, symmetricLinks } from './links.ts'

/** A ring that is cut open: the slowest connected graph. At least two peers. */
export function path(peers: number): Links {
  const one = Uint32Array.from({ length: peers - 1 }, (_, i) => i)
  return symmetricLinks(
    peers,
    one,
    one.map((i) => i + 1)
  )
}
