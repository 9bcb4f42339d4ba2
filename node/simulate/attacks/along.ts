/** `origin + factor * (to - from)`, shape [n]. */
export function along(origin: Float32Array, from: Float32Array, to: Float32Array, factor: number): Float32Array {
  return origin.map((x, i) => x + factor * (to[i]! - from[i]!))
}
