import { Draws } from './draws.ts'
import { BYTE_MUTATIONS, type Mutation } from './mutations/bytes.ts'
import { CBOR_MUTATIONS } from './mutations/cbor.ts'
import { JSON_MUTATIONS, TABLE_MUTATIONS } from './mutations/text.ts'

/** What the bytes are made of, which decides how they are damaged. */
export type Shape = 'cbor' | 'json' | 'table' | 'bytes'

/** An error class; of its instances only `reason`, `fault` or `code` is looked at. */
export type ErrorClass = new (...parameters: never[]) => Error

/** One reader of bytes from a stranger or from a disk. */
export interface Decoder {
  readonly name: string
  readonly shape: Shape
  /** Valid inputs, which the mutations begin with. */
  readonly samples: readonly Uint8Array[]
  /** What it may throw; anything else is a fault. */
  readonly throws: readonly ErrorClass[]
  /** Undefined where it says without an error that the bytes are damaged. */
  readonly decode: (bytes: Uint8Array) => unknown
  /** What the damage is put into: an envelope around a body, a checksum that is right. */
  readonly wrap?: (mutated: Uint8Array) => Uint8Array
  /** How many times as long as another decoder it takes, for fewer inputs. */
  readonly cost?: number
  /** Throws when what was accepted is not consistent, such as a record that encodes to another. */
  readonly check?: (decoded: never, bytes: Uint8Array) => void | Promise<void>
}

const MUTATIONS: Readonly<Record<Shape, readonly Mutation[]>> = {
  cbor: [...CBOR_MUTATIONS, ...BYTE_MUTATIONS],
  json: [...JSON_MUTATIONS, ...BYTE_MUTATIONS],
  table: [...TABLE_MUTATIONS, ...BYTE_MUTATIONS],
  bytes: BYTE_MUTATIONS
}

/** Larger inputs cost time and find nothing that these do not: every bound on size is far below or tried by itself. */
const MAX_INPUT_BYTES = 128 * 1024

/**
 * The input that a program of whole numbers stands for: the first chooses a sample, every further one is a mutation. A
 * program is what fast-check makes and shortens, so that a failure comes down to the fewest mutations.
 */
export function inputOf({ shape, samples, wrap }: Decoder, program: readonly number[]): Uint8Array {
  const [first = 0, ...steps] = program
  let bytes = samples[(first >>> 0) % samples.length]!
  for (const step of steps) {
    const draws = new Draws(step)
    bytes = draws.pick(MUTATIONS[shape])(bytes, draws, samples).subarray(0, MAX_INPUT_BYTES)
  }
  return wrap === undefined ? bytes : wrap(bytes)
}
