/** Own arithmetic for a payload's size: one float32 scale for each block of 256, and half a byte a parameter. */
export function int4Bytes(parameters: number): number {
  return 4 * Math.ceil(parameters / 256) + Math.ceil(parameters / 2)
}

/** Parameters of dense layers of these sizes, inputs first: a kernel and a bias each. */
export function denseParameters(...sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, units, index) => sum + (sizes[index]! + 1) * units, 0)
}
