import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encode } from 'fast-png'
import jpeg from 'jpeg-js'

/** A grey JPEG of 16 x 12 pixels by Pillow, whose pixel (x, y) is about 10 x + 7 y: `jpeg-js` writes colour only. */
export const GREY_JPEG = Buffer.from(
  [
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU',
    'FRUVDA8XGBYUGBIUFRT/wAALCAAMABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF',
    'BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW',
    'V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi',
    '4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APkj4SfD/wD1P7v07V9rfCT4f/6n936dq8n+Emi2v7n936V9rfCTRbX9z+79K//Z'
  ].join(''),
  'base64'
)

/** A PNG whose values count up from `first`, or are given. */
export function png(width: number, height: number, channels: 1 | 2 | 3 | 4 = 1, values?: readonly number[]): Buffer {
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => values?.[index] ?? index % 256)
  return Buffer.from(encode({ width, height, channels, depth: 8, data }))
}

/** A JPEG in one colour. */
export function colourJpeg(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number]
): Buffer {
  const data = Buffer.alloc(4 * width * height)
  for (let at = 0; at < data.length; at += 4) data.set([red, green, blue, 255], at)
  return Buffer.from(jpeg.encode({ width, height, data }, 90).data)
}

/** Writes files by their paths below `folder`; folders are made. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}
