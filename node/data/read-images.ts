import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { relative } from 'node:path'
import type { AbortOptions } from '@libp2p/interface'
import { MAX_FEATURES } from '../../protocols/envelope/index.ts'
import { decodeImage } from './decode-image.ts'
import { ImageSizeError, ImageTooLargeError, NotAnImageError } from './image-errors.ts'
import { type ImageHeader, parseImageHeader } from './image-header.ts'
import { LABEL_COLUMN } from './label.ts'
import { type ImageFile, listImages } from './list-images.ts'
import type { Table } from './table.ts'
import { requireFitting, type TensorValues, widen } from './tensor.ts'

/** Name of the column that images become. */
const IMAGE_COLUMN = 'image'

/** The largest image that fits a run is 0.3 MB with 16 bits a channel; the rest is room for profiles and previews. */
const MAX_IMAGE_BYTES = 4 * 1024 * 1024

/**
 * Reads a folder of PNG and JPEG files: every folder in it is a class, the label is called `label`. A flat folder has no
 * labels, for `predict`. All images have the size of the first. One channel if all are grey, otherwise three, grey ones
 * widened. No image is decoded before its header was found to fit.
 *
 * Throws what `listImages` throws, NotAnImageError, DamagedImageError, ImageTooLargeError, ImageSizeError,
 * TooMuchDataError, and AbortError when the signal fires.
 */
export async function readImages(folder: string, options: AbortOptions = {}): Promise<Table> {
  const files = await listImages(folder, options)
  const pixels = new PixelRows(folder, files)
  for (const { path } of files) {
    options.signal?.throwIfAborted()
    const bytes = await readImageBytes(path)
    const header = parseImageHeader(path, bytes)
    requireSmall(path, header, bytes)
    pixels.requireSize(path, header)
    pixels.add(await decodeImage(path, bytes, header), header.channels)
  }
  const isLabelled = files[0]?.className !== undefined
  return {
    source: folder,
    columns: isLabelled ? [LABEL_COLUMN] : [],
    rows: files.map(({ className }) => (className === undefined ? [] : [className])),
    names: files.map(({ path }) => relative(folder, path)),
    tensor: { name: IMAGE_COLUMN, ...pixels.build() }
  }
}

/** At most a byte more than an image may have, so that one that has more is told apart. */
async function readImageBytes(path: string): Promise<Buffer> {
  // Non-blocking, because opening a pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new NotAnImageError(path)
    const bytes = Buffer.alloc(Math.min(stats.size, MAX_IMAGE_BYTES + 1))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function requireSmall(path: string, { width, height, channels }: ImageHeader, bytes: Buffer): void {
  if (width * height * channels > MAX_FEATURES) {
    const found = `${width} x ${height} pixels in ${channels === 1 ? 'grey' : 'colour'}`
    throw new ImageTooLargeError(path, found, `128 x 128 in colour or ${MAX_FEATURES} in grey`)
  }
  if (bytes.length > MAX_IMAGE_BYTES) throw new ImageTooLargeError(path, 'too many bytes', `${MAX_IMAGE_BYTES}`)
}

/** The pixels of all images, which begin grey and turn to colour with the first image that has some. */
class PixelRows {
  readonly #folder: string
  readonly #files: readonly ImageFile[]
  #header: ImageHeader | undefined
  #channels: 1 | 3 = 1
  #values: TensorValues = new Uint8Array(0)
  #used = 0

  constructor(folder: string, files: readonly ImageFile[]) {
    this.#folder = folder
    this.#files = files
  }

  requireSize(path: string, header: ImageHeader): void {
    if (this.#header === undefined) {
      this.#header = header
      this.#channels = header.channels
      requireFitting(this.#folder, this.#files.length, [header.height, header.width, header.channels])
      this.#values = new Uint8Array(this.#files.length * header.height * header.width * header.channels)
      return
    }
    const { width, height } = this.#header
    if (header.width === width && header.height === height) return
    const sizes = [`${header.width} x ${header.height}`, `${width} x ${height}`] as const
    throw new ImageSizeError(path, sizes[0], this.#files[0]!.path, sizes[1])
  }

  add(pixels: Uint8Array, channels: 1 | 3): void {
    if (channels > this.#channels) this.#turnToColour()
    const row = channels < this.#channels ? widen(pixels) : pixels
    this.#values.set(row, this.#used)
    this.#used += row.length
  }

  #turnToColour(): void {
    const { height, width } = this.#header!
    requireFitting(this.#folder, this.#files.length, [height, width, 3])
    this.#values = widen(this.#values)
    this.#used *= 3
    this.#channels = 3
  }

  build(): { shape: readonly number[]; values: TensorValues } {
    const { height, width } = this.#header!
    return { shape: [height, width, this.#channels], values: this.#values }
  }
}
