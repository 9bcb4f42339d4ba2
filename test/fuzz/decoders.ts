import type { Decoder } from './decoder.ts'
import { fileDecoders } from './file-decoders.ts'
import { MESSAGE_DECODERS } from './message-decoders.ts'
import { PINNING_DECODERS } from './pinning-decoders.ts'
import { recordDecoders } from './record-decoders.ts'

/** Everything that reads bytes which somebody else may have written. */
export async function allDecoders(): Promise<Decoder[]> {
  return [...(await recordDecoders()), ...MESSAGE_DECODERS, ...PINNING_DECODERS, ...(await fileDecoders())]
}
