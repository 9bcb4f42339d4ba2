import { freemem } from 'node:os'
import { createRandom } from '../../../protocols/averaging/index.ts'

/** Random numbers are drawn for so many parameters and repeated from there: no kernel looks further back. */
const TILE_PARAMETERS = 1_000_000

/** Of the memory that is free, what vectors may take. */
const MEMORY_SHARE = 0.8

/** The float32 vectors that the kernels read, each of shape [n]. */
export interface BenchVectors {
  /** `r`, which is mixed into and quantised. */
  readonly target: Float32Array
  /** The own public copy `a`. */
  readonly reference: Float32Array
  /** The neighbours' public copies, shape [k, n]. */
  readonly copies: readonly Float32Array[]
  /** How many of all these are vectors of their own: less than k + 2 where memory had no room for more. */
  readonly distinct: number
}

/** Vectors of `parameters` numbers on [-1/2, 1/2), no two alike as long as memory has room. */
export function createVectors(parameters: number, k: number): BenchVectors {
  const room = Math.floor((MEMORY_SHARE * freemem()) / (Float32Array.BYTES_PER_ELEMENT * parameters))
  const distinct = Math.min(k + 2, room)
  if (distinct < 3) throw new RangeError(`no room for three vectors of ${parameters} parameters`)
  const [target, reference, ...others] = Array.from({ length: distinct }, (_, seed) => createVector(parameters, seed))
  const copies = Array.from({ length: k }, (_, j) => others[j % others.length]!)
  return { target: target!, reference: reference!, copies, distinct }
}

function createVector(parameters: number, seed: number): Float32Array {
  const random = createRandom(seed)
  const vector = new Float32Array(parameters)
  const drawn = Math.min(TILE_PARAMETERS, parameters)
  for (let i = 0; i < drawn; i++) vector[i] = random.next() - 0.5
  for (let from = drawn; from < parameters; from += drawn) {
    vector.set(vector.subarray(0, Math.min(drawn, parameters - from)), from)
  }
  return vector
}
