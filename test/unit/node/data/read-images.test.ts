import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { readData } from '../../../../node/data/index.ts'
import { colourJpeg, GREY_JPEG, png, writeFiles } from './image-bytes.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function imageFolder(t: TestContext, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  return writeFiles(await temporaryFolder(t), files)
}

/** One chunk of a PNG, with its checksum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** A PNG put together by hand, so that its header and its pixels need not agree. */
function forgedPng(
  header: { width: number; height: number; depth?: number; type?: number; interlace?: number },
  pixels: Buffer
) {
  const { width, height, depth = 8, type = 0, interlace = 0 } = header
  const ihdr = Buffer.alloc(13)
  ihdr.writeUInt32BE(width, 0)
  ihdr.writeUInt32BE(height, 4)
  ihdr.set([depth, type, 0, 0, interlace], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', ihdr),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0))
  ])
}

suite('a folder of images', () => {
  test('is read class by class in the order of names, whatever systems leave behind', async (t) => {
    const folder = await imageFolder(t, {
      'b/2.png': png(2, 1, 1, [20, 21]),
      'b/10.png': png(2, 1, 1, [10, 11]),
      'a/x.PNG': png(2, 1, 1, [1, 2]),
      'a/Thumbs.db': 'x',
      'a/.hidden': 'x',
      '.DS_Store': 'x',
      'desktop.ini': 'x'
    })
    const { columns, rows, names, tensor } = await readData(folder)
    assert.deepEqual([columns, rows], [['label'], [['a'], ['b'], ['b']]])
    assert.deepEqual(names, [join('a', 'x.PNG'), join('b', '10.png'), join('b', '2.png')])
    assert.deepEqual(tensor?.shape, [1, 2, 1])
    assert.deepEqual([...tensor!.values], [1, 2, 10, 11, 20, 21])
  })

  test('is grey while all of it is, and widens grey images beside coloured ones', async (t) => {
    const grey = { 'a/1.png': png(2, 1, 1, [1, 2]), 'b/1.png': png(2, 1, 2, [3, 255, 4, 0]) }
    const folder = await imageFolder(t, grey)
    assert.deepEqual([...(await readData(folder)).tensor!.values], [1, 2, 3, 4])
    await writeFiles(folder, { 'b/2.png': png(2, 1, 4, [5, 6, 7, 0, 8, 9, 10, 255]) })
    const { tensor } = await readData(folder)
    assert.deepEqual(tensor!.shape, [1, 2, 3])
    assert.deepEqual([...tensor!.values], [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10])
  })

  test('reads JPEG files, grey and in colour, by what they hold and not by their name', async (t) => {
    const grey = (await readData(await imageFolder(t, { 'a/grey.png': GREY_JPEG }))).tensor!
    assert.deepEqual(grey.shape, [12, 16, 1])
    for (const [x, y] of [
      [0, 0],
      [15, 0],
      [3, 11]
    ] as const) {
      const value = grey.values[16 * y + x]!
      assert.ok(Math.abs(value - (10 * x + 7 * y)) <= 4, `${value} at ${x}, ${y}`)
    }
    const colour = (await readData(await imageFolder(t, { 'a/1.jpg': colourJpeg(8, 8, [200, 100, 50]) }))).tensor!
    assert.deepEqual(colour.shape, [8, 8, 3])
    for (const [channel, expected] of [200, 100, 50].entries()) {
      assert.ok(Math.abs(colour.values[channel]! - expected) <= 3)
    }
  })

  test('reads PNG files of one bit, of sixteen, and ones whose lines are interlaced', async (t) => {
    const folder = await imageFolder(t, {
      'bits/1.png': forgedPng({ width: 3, height: 2, depth: 1 }, Buffer.from([0, 0b101_00000, 0, 0b010_00000])),
      'wide/1.png': forgedPng({ width: 3, height: 2, depth: 16 }, Buffer.from('00ffff00000101000000fffffffe', 'hex')),
      'laced/1.png': forgedPng({ width: 3, height: 2, interlace: 1 }, Buffer.from([0, 1, 0, 3, 0, 2, 0, 4, 5, 6]))
    })
    const { rows, tensor } = await readData(folder)
    assert.deepEqual(rows.flat(), ['bits', 'laced', 'wide'])
    assert.deepEqual([...tensor!.values], [255, 0, 255, 0, 255, 0, 1, 2, 3, 4, 5, 6, 255, 0, 1, 0, 255, 255])
  })

  test('without folders of classes has no labels', async (t) => {
    const { columns, rows, names } = await readData(await imageFolder(t, { '1.png': png(2, 2), '2.png': png(2, 2) }))
    assert.deepEqual([columns, rows, names], [[], [[], []], ['1.png', '2.png']])
  })

  test('follows links to files and folders', async (t) => {
    const elsewhere = await imageFolder(t, { 'real/1.png': png(2, 2) })
    const folder = await imageFolder(t, { 'a/1.png': png(2, 2) })
    await symlink(join(elsewhere, 'real'), join(folder, 'b'))
    await symlink(join(elsewhere, 'real', '1.png'), join(folder, 'a', '2.png'))
    assert.deepEqual((await readData(folder)).rows.flat(), ['a', 'a', 'b'])
  })
})

suite('a bad folder of images', () => {
  const good = png(4, 4)
  const goodJpeg = colourJpeg(8, 8, [1, 2, 3])
  const flipped = Buffer.from(good)
  flipped[good.length - 16]! ^= 1
  const cases: [string, Record<string, Uint8Array | string>, string, RegExp][] = [
    ['nothing in it', {}, 'ERR_NO_IMAGES', /holds no images: put/],
    ['a file of text', { 'a/1.png': good, 'a/notes.txt': 'hi' }, 'ERR_NOT_AN_IMAGE', /notes\.txt is neither/],
    ['an empty file', { 'a/1.png': '' }, 'ERR_DAMAGED_IMAGE', /1\.png is damaged: it is empty/],
    ['an image beside the classes', { 'a/1.png': good, '2.png': good }, 'ERR_STRAY_IMAGE', /2\.png lies beside/],
    ['a folder in a class', { 'train/a/1.png': good }, 'ERR_NESTED_FOLDER', /train.a is a folder inside/],
    ['a PNG cut short', { 'a/1.png': good.subarray(0, good.length - 20) }, 'ERR_DAMAGED_IMAGE', /ends too early/],
    ['a PNG cut in its header', { 'a/1.png': good.subarray(0, 20) }, 'ERR_DAMAGED_IMAGE', /ends within its header/],
    ['a PNG with a flipped bit', { 'a/1.png': flipped }, 'ERR_DAMAGED_IMAGE', /is damaged/],
    ['a JPEG cut short', { 'a/1.jpg': goodJpeg.subarray(0, -5) }, 'ERR_DAMAGED_IMAGE', /ends too early/],
    ['a JPEG cut in its header', { 'a/1.jpg': goodJpeg.subarray(0, 100) }, 'ERR_DAMAGED_IMAGE', /how large it is/],
    [
      'images of two sizes',
      { 'a/1.png': good, 'b/2.png': png(5, 4) },
      'ERR_IMAGE_SIZE',
      /b.2\.png is 5 x 4 pixels, but .*a.1\.png is 4 x 4/
    ],
    [
      'an image that claims 60000 x 60000 pixels',
      { 'a/1.png': forgedPng({ width: 60_000, height: 60_000, type: 2 }, Buffer.alloc(10)) },
      'ERR_IMAGE_TOO_LARGE',
      /60000 x 60000 pixels in colour, at most 128 x 128/
    ],
    [
      'an image that claims no pixels',
      { 'a/1.png': forgedPng({ width: 0, height: 4 }, Buffer.alloc(10)) },
      'ERR_DAMAGED_IMAGE',
      /claims 0 x 4/
    ],
    [
      'pixels that unpack to more than the header says',
      { 'a/1.png': forgedPng({ width: 4, height: 4 }, Buffer.alloc(50_000_000)) },
      'ERR_DAMAGED_IMAGE',
      /is damaged/
    ],
    [
      'a file of too many bytes',
      {
        'a/1.png': Buffer.concat([good.subarray(0, 33), chunk('tEXt', Buffer.alloc(5_000_000, 'x')), good.subarray(33)])
      },
      'ERR_IMAGE_TOO_LARGE',
      /too many bytes/
    ]
  ]
  for (const [what, files, code, message] of cases) {
    test(`is refused for ${what}`, async (t) => {
      await assert.rejects(readData(await imageFolder(t, files)), { code, message })
    })
  }

  test('is refused for the folder of a class that is empty, but for what systems leave', async (t) => {
    const folder = await imageFolder(t, { 'a/1.png': png(2, 2), 'b/.DS_Store': 'x' })
    await assert.rejects(readData(folder), {
      code: 'ERR_EMPTY_CLASS',
      message: /b is the folder of a class and holds no/
    })
  })

  test('is refused for links that lead nowhere, to themselves, or back up', async (t) => {
    for (const [target, name] of [
      ['nowhere', 'x'],
      ['x', 'x'],
      ['..', 'a/up'],
      ['.', 'up']
    ] as const) {
      const folder = await imageFolder(t, { 'a/1.png': png(2, 2) })
      await mkdir(join(folder, 'b'))
      await writeFiles(folder, { 'b/1.png': png(2, 2) })
      await symlink(target, join(folder, name))
      const code = name === 'a/up' ? 'ERR_NESTED_FOLDER' : 'ERR_BROKEN_LINK'
      await assert.rejects(readData(folder), { code })
    }
  })

  test('stops when the signal fires', async (t) => {
    const folder = await imageFolder(t, { 'a/1.png': png(2, 2) })
    await assert.rejects(readData(folder, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  for (const [what, original] of Object.entries({ PNG: png(6, 5, 3), JPEG: GREY_JPEG })) {
    test(`throws nothing but its own errors, whatever happens to the bytes of a ${what}`, async (t) => {
      const folder = await imageFolder(t, { 'a/1': original })
      const mutated = fc.array(fc.tuple(fc.nat({ max: original.length - 1 }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 4
      })
      const outcomes = new Set<string>()
      const property = fc.asyncProperty(mutated, fc.nat({ max: original.length }), async (changes, cut) => {
        const bytes = Buffer.from(original.subarray(0, cut % 4 === 0 ? cut : original.length))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        await writeFiles(folder, { 'a/1': bytes })
        outcomes.add(
          await readData(folder).then(
            () => 'read',
            ({ code }: { code?: string }) => String(code)
          )
        )
      })
      await fc.assert(property, { seed: 4, numRuns: 1000 })
      const known = ['read', 'ERR_DAMAGED_IMAGE', 'ERR_NOT_AN_IMAGE', 'ERR_IMAGE_TOO_LARGE']
      assert.deepEqual(
        [...outcomes].filter((outcome) => !known.includes(outcome)),
        []
      )
      assert.ok(outcomes.has('read') || what === 'PNG')
      assert.ok(outcomes.has('ERR_DAMAGED_IMAGE'))
    })
  }
})
