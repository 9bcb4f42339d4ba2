import type { Links } from './links.ts'

/**
 * One-peer exponential graph: in round `t` peer `i` hears peer `i + 2^(t mod ceil(log2 n))`, modulo n. With weights of
 * 1/2 it is exact after log2(n) rounds if, and only if, n is a power of two (Ying et al. 2021, arXiv:2110.13363).
 */
export function onePeerExponential(peers: number, round: number): Links {
  const step = 2 ** (round % Math.ceil(Math.log2(peers)))
  return {
    offsets: Uint32Array.from({ length: peers + 1 }, (_, i) => i),
    senders: Uint32Array.from({ length: peers }, (_, i) => (i + step) % peers)
  }
}
