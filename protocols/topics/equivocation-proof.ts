import * as dagCbor from '@ipld/dag-cbor'
import { equals } from 'uint8arrays/equals'
import { InvalidRecordError, MAX_DELTA_HEADER_BYTES, parseDeltaHeader } from '../envelope/index.ts'

/** Two sealed headers and the list around them. */
export const MAX_EQUIVOCATION_PROOF_BYTES = 2 * MAX_DELTA_HEADER_BYTES + 16

/** Proof that an author signed two bodies for one (author, incarnation, seq): the two sealed headers. */
export function encodeEquivocationProof(first: Uint8Array, second: Uint8Array): Uint8Array {
  return dagCbor.encode([first, second])
}

/** Checks a proof and gives the author, peer id in multihash bytes, and the run. Throws InvalidRecordError and nothing else. */
export async function parseEquivocationProof(bytes: Uint8Array): Promise<{ author: Uint8Array; run: Uint8Array }> {
  if (bytes.byteLength > MAX_EQUIVOCATION_PROOF_BYTES) {
    throw new InvalidRecordError('oversized', `equivocation proof is ${bytes.byteLength} bytes`)
  }
  const [first, second] = await Promise.all(readPair(bytes).map((header) => parseDeltaHeader(header)))
  const a = first!.header
  const b = second!.header
  const isSamePlace =
    equals(a.run, b.run) && equals(a.author, b.author) && equals(a.incarnation, b.incarnation) && a.seq === b.seq
  if (!isSamePlace || equals(first!.hash, second!.hash)) {
    throw new InvalidRecordError('contradiction', 'equivocation proof: the two headers do not contradict each other')
  }
  return { author: a.author, run: a.run }
}

function readPair(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  let value: unknown
  try {
    value = dagCbor.decode(bytes)
  } catch (cause) {
    throw new InvalidRecordError('truncated', 'equivocation proof is not DAG-CBOR', { cause })
  }
  const isPair = Array.isArray(value) && value.length === 2 && value.every((part) => part instanceof Uint8Array)
  if (!isPair) throw new InvalidRecordError('shape', 'equivocation proof is not a list of two headers')
  return value as [Uint8Array, Uint8Array]
}
