import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseNpz } from '../../../../node/data/read-npz.ts'
import { counting, npz, texts } from './npz-bytes.ts'

const KNOWN = new Set([
  'read',
  'ERR_DAMAGED_NPZ',
  'ERR_ARRAYS_NOT_FOUND',
  'ERR_PICKLED_ARRAY',
  'ERR_UNSUPPORTED_TYPE',
  'ERR_ARRAY_SHAPE',
  'ERR_TOO_MUCH_DATA',
  'ERR_INEXACT_INTEGER'
])

/** What becomes of changed bytes: 'read', or the code of what is thrown. */
async function outcomeOf(bytes: Buffer): Promise<string> {
  return parseNpz('a.npz', bytes).then(
    () => 'read',
    ({ code, stack }: { code?: string; stack?: string }) => code ?? String(stack)
  )
}

suite('mutated .npz files', () => {
  const files = { x: counting([3, 2, 2]), y: texts(['a', 'b', 'c']) }
  const originals = {
    stored: npz(files, { isStored: true }),
    deflated: npz(files)
  }
  for (const [kind, original] of Object.entries(originals)) {
    test(`are read or refused, and take no more memory than they may: ${kind}`, async () => {
      const change = fc.tuple(fc.nat({ max: original.length - 1 }), fc.oneof(fc.nat({ max: 255 }), fc.constant(0xff)))
      const seen = new Map<string, number>()
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      const property = fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 4 * original.length }),
        async (changes, length) => {
          const bytes = Buffer.from(original.subarray(0, length))
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
          const outcome = await outcomeOf(bytes)
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        }
      )
      await fc.assert(property, { seed: 11, numRuns: 5000 })
      assert.deepEqual(
        [...seen.keys()].filter((outcome) => !KNOWN.has(outcome)),
        []
      )
      assert.ok((seen.get('read') ?? 0) > 100 && (seen.get('ERR_DAMAGED_NPZ') ?? 0) > 100, JSON.stringify([...seen]))
      assert.ok(most < 100e6, `${most} bytes of arrays`)
    })
  }

  test('with any header are read or refused', async () => {
    const descr = fc.constantFrom('|u1', '<f4', '|O', '<U3', '<U0', '|S0', '<f16', '<i9', '|V8', '>c16', '<M8[ns]', '')
    const side = fc.constantFrom(0, 1, 2, 3, 1e9, 2 ** 31, 2 ** 53)
    const header = fc.record({
      descr,
      order: fc.constantFrom('True', 'False', 'None', '1'),
      shape: fc.array(side, { maxLength: 10 })
    })
    const property = fc.asyncProperty(
      header,
      fc.uint8Array({ maxLength: 40 }),
      async ({ descr, order, shape }, data) => {
        const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }\n`
        const length = Buffer.from([text.length & 0xff, text.length >> 8])
        const array = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(text), data])
        for (const one of [
          { x: array, y: files.y },
          { x: files.x, y: array }
        ]) {
          const outcome = await outcomeOf(npz(one))
          assert.ok(KNOWN.has(outcome), outcome)
        }
      }
    )
    await fc.assert(property, { seed: 12, numRuns: 1500 })
  })
})
