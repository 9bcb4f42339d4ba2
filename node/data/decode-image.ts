import { inflateSync } from 'node:zlib'
import { DamagedImageError } from './image-errors.ts'
import type { ImageHeader } from './image-header.ts'

/** What a decoder may use: the largest image that fits a run takes under 2 MiB of blocks in `jpeg-js`. */
const MAX_JPEG_MEMORY_MB = 64
/** Far above any image that fits a run; `jpeg-js` counts in millions of pixels. */
const MAX_JPEG_MEGAPIXELS = 1
/** Chunks without which the pixels cannot be read (PNG, 5.6). Profiles and texts may be compressed bombs of their own. */
const CRITICAL_CHUNKS = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND'])
/** Length, type and checksum. */
const CHUNK_FRAME_BYTES = 12
const PNG_SIGNATURE_BYTES = 8
/** Columns and rows between the pixels of each pass of an interlaced image, and where it begins (PNG, 8.2). */
const ADAM7 = [
  { x: 0, y: 0, across: 8, down: 8 },
  { x: 4, y: 0, across: 8, down: 8 },
  { x: 0, y: 4, across: 4, down: 8 },
  { x: 2, y: 0, across: 4, down: 4 },
  { x: 0, y: 2, across: 2, down: 4 },
  { x: 1, y: 0, across: 2, down: 2 },
  { x: 0, y: 1, across: 1, down: 2 }
] as const

/**
 * The pixels of an image whose header was read and found to fit, 8 bits a channel, transparency dropped: shape
 * [height, width, channels]. Throws DamagedImageError, whatever the bytes.
 */
export async function decodeImage(path: string, bytes: Buffer, header: ImageHeader): Promise<Uint8Array> {
  try {
    const pixels = header.format === 'png' ? await decodePng(bytes, header) : await decodeJpeg(bytes, header)
    if (pixels.length === header.width * header.height * header.channels) return pixels
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DamagedImageError(path, reason.replace(/[.:]$/, ''), { cause })
  }
  throw new DamagedImageError(path, 'its pixels are not as many as its header says')
}

async function decodeJpeg(bytes: Buffer, { channels, width, height }: ImageHeader): Promise<Uint8Array> {
  // Beyond the end `jpeg-js` reads zeros: a file cut short would pass as one with a grey lower part.
  if (bytes.lastIndexOf('ffd9', undefined, 'hex') < bytes.lastIndexOf('ffda', undefined, 'hex')) {
    throw new Error('it ends too early')
  }
  const { default: jpeg } = await import('jpeg-js')
  const image = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxMemoryUsageInMB: MAX_JPEG_MEMORY_MB,
    maxResolutionInMP: MAX_JPEG_MEGAPIXELS
  })
  if (image.width !== width || image.height !== height) throw new Error('it has two headers')
  return channels === 1 ? image.data.filter((_, index) => index % 3 === 0) : image.data
}

async function decodePng(bytes: Buffer, header: ImageHeader): Promise<Uint8Array> {
  const [depth, colourType, interlace] = [bytes[24]!, bytes[25]!, bytes[28]!]
  const { file, data } = criticalChunks(bytes)
  const perPixel = depth * ([1, 0, 3, 1, 2, 0, 4][colourType] ?? 0)
  const expected =
    interlace === 0 ? passBytes(header.width, header.height, perPixel) : interlacedBytes(header, perPixel)
  // Bounded here because the decoder is not: a few kilobytes can unpack to gigabytes.
  if (inflateSync(data, { maxOutputLength: expected + 1 }).length !== expected)
    throw new Error('its pixels end too early')
  if (interlace !== 0 && depth < 8)
    throw new Error(`it is interlaced with ${depth} bits a pixel, which is not supported`)
  const { convertIndexedToRgb, decode } = await import('fast-png')
  const image = decode(file, { checkCrc: true })
  if (colourType === 3) return takeChannels(convertIndexedToRgb(image), 3, header.channels)
  const values = depth === 16 ? Uint8Array.from(image.data, (value) => Math.round(value / 257)) : image.data
  const samples = depth < 8 ? unpackBits(values, header, depth) : values
  return takeChannels(samples, image.channels, header.channels)
}

/** The file with its critical chunks only, and its compressed pixels. */
function criticalChunks(bytes: Buffer): { file: Buffer; data: Buffer } {
  const chunks = [bytes.subarray(0, PNG_SIGNATURE_BYTES)]
  const data: Buffer[] = []
  for (let at = PNG_SIGNATURE_BYTES; ; ) {
    if (at + CHUNK_FRAME_BYTES > bytes.length) throw new Error('it ends too early')
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + CHUNK_FRAME_BYTES + length
    if (end > bytes.length) throw new Error('it ends too early')
    if (CRITICAL_CHUNKS.has(type)) chunks.push(bytes.subarray(at, end))
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length))
    if (type === 'IEND') return { file: Buffer.concat(chunks), data: Buffer.concat(data) }
    at = end
  }
}

/** Every line has a byte that names its filter. */
function passBytes(width: number, height: number, bitsPerPixel: number): number {
  return width === 0 ? 0 : height * (1 + Math.ceil((width * bitsPerPixel) / 8))
}

function interlacedBytes({ width, height }: ImageHeader, bitsPerPixel: number): number {
  return ADAM7.reduce((sum, { x, y, across, down }) => {
    const columns = Math.max(0, Math.ceil((width - x) / across))
    const rows = Math.max(0, Math.ceil((height - y) / down))
    return sum + passBytes(columns, rows, bitsPerPixel)
  }, 0)
}

/** Grey of 1, 2 or 4 bits, packed line by line, as 8 bits. */
function unpackBits(packed: ArrayLike<number>, { width, height }: ImageHeader, depth: number): Uint8Array {
  const most = 2 ** depth - 1
  const lineBytes = Math.ceil((width * depth) / 8)
  return Uint8Array.from({ length: width * height }, (_, index) => {
    const bit = (index % width) * depth
    const byte = packed[Math.floor(index / width) * lineBytes + (bit >> 3)]!
    return (((byte >> (8 - depth - (bit & 7))) & most) * 255) / most
  })
}

/** The first `wanted` of every `channels` values: grey or colour without its transparency. */
function takeChannels(values: ArrayLike<number>, channels: number, wanted: number): Uint8Array {
  const pixels = values.length / channels
  const taken = new Uint8Array(pixels * wanted)
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < wanted; channel++) {
      taken[pixel * wanted + channel] = values[pixel * channels + channel]!
    }
  }
  return taken
}
