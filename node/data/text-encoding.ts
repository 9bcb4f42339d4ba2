import type { FileHandle } from 'node:fs/promises'
import type { AbortOptions } from '@libp2p/interface'
import { NotTextError } from './errors.ts'

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/**
 * How a file of text is encoded: UTF-16 where its byte order mark says so, UTF-8 where all of it is that, otherwise
 * Windows-1252, which older programs write and any bytes are. The file is streamed. `head`: its beginning.
 *
 * Throws NotTextError at a zero byte, and AbortError when the signal fires.
 */
export async function encodingOf(
  path: string,
  file: FileHandle,
  head: Buffer,
  { signal }: AbortOptions = {}
): Promise<TextEncoding> {
  const mark = head.length < 2 ? 0 : head.readUInt16BE(0)
  const isUtf32 = mark === 0xff_fe && head.length >= 4 && head.readUInt16BE(2) === 0
  if ((mark === 0xff_fe || mark === 0xfe_ff) && !isUtf32) return mark === 0xff_fe ? 'utf-16le' : 'utf-16be'
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isUtf8 = true
  let offset = 0
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted()
    const zero = chunk.indexOf(0)
    if (zero !== -1) throw new NotTextError(path, offset + zero)
    offset += chunk.length
    isUtf8 &&= decodes(decoder, chunk)
  }
  return isUtf8 && decodes(decoder) ? 'utf-8' : 'windows-1252'
}

/** Without a chunk: whether the last one ended with a whole character. */
function decodes(decoder: TextDecoder, chunk?: Buffer): boolean {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined })
    return true
  } catch {
    return false
  }
}

/** The text of a stream of bytes, without its byte order mark. */
export function decodeText(encoding: TextEncoding): (source: AsyncIterable<Buffer>) => AsyncGenerator<string> {
  return async function* (source) {
    const decoder = new TextDecoder(encoding)
    for await (const chunk of source) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  }
}
