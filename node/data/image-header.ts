import { DamagedImageError, NotAnImageError } from './image-errors.ts'

/** What the first bytes of an image say about it. */
export interface ImageHeader {
  readonly format: 'png' | 'jpeg'
  readonly width: number
  readonly height: number
  /** 1 for grey, 3 for colour; transparency does not count. */
  readonly channels: 1 | 3
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
/** Signature, and the header chunk that must follow it (PNG, 11.2.1). */
const PNG_HEADER_BYTES = 33
/** Start of image, and the beginning of the next marker (ITU-T T.81, B.1.1). */
const JPEG_SIGNATURE = Buffer.from('ffd8ff', 'hex')
/** Markers without a length (T.81, table B.1): TEM, RSTn, SOI. */
const isBareMarker = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
/** SOF0 to SOF15 but for DHT, JPG and DAC, which share their range. */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** Reads what a PNG or JPEG claims to be, and nothing else of it. Throws NotAnImageError, DamagedImageError. */
export function parseImageHeader(path: string, bytes: Buffer): ImageHeader {
  const header = startsWith(bytes, PNG_SIGNATURE) ? pngHeader(path, bytes) : jpegHeader(path, bytes)
  if (header.width > 0 && header.height > 0) return header
  throw new DamagedImageError(path, `it claims ${header.width} x ${header.height} pixels`)
}

/** A file cut short within the signature is damaged, not foreign. */
function startsWith(bytes: Buffer, signature: Buffer): boolean {
  return bytes.subarray(0, signature.length).equals(signature)
}

function pngHeader(path: string, bytes: Buffer): ImageHeader {
  if (bytes.length < PNG_HEADER_BYTES) throw new DamagedImageError(path, 'it ends within its header')
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') throw new DamagedImageError(path, 'it does not begin with a header')
  const colourType = bytes[25]!
  const isGrey = colourType === 0 || colourType === 4 || (colourType === 3 && hasGreyPalette(bytes))
  return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), channels: isGrey ? 1 : 3 }
}

/** Programs that make PNG files small turn grey images into ones with a palette of greys. */
function hasGreyPalette(bytes: Buffer): boolean {
  const at = bytes.indexOf('PLTE', PNG_HEADER_BYTES, 'latin1')
  if (at === -1) return false
  const palette = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4))
  return palette.every((value, index) => value === palette[index - (index % 3)])
}

function jpegHeader(path: string, bytes: Buffer): ImageHeader {
  if (bytes.length === 0) throw new DamagedImageError(path, 'it is empty')
  if (!startsWith(bytes, JPEG_SIGNATURE)) throw new NotAnImageError(path)
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) throw new DamagedImageError(path, `there is no marker at byte ${at}`)
    if (marker === 0xff) at += 1
    else if (isBareMarker(marker)) at += 2
    else if (isFrameMarker(marker) && at + 10 <= bytes.length) {
      const channels = bytes[at + 9] === 1 ? 1 : 3
      return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), channels }
    } else at += 2 + bytes.readUInt16BE(at + 2)
  }
  throw new DamagedImageError(path, 'it ends before it says how large it is')
}
