import { concat } from 'uint8arrays/concat'

/** The parts of a block as one. */
export async function collect(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return chunks.length === 1 ? chunks[0]! : concat(chunks)
}
