import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { compare } from 'uint8arrays/compare'
import { newIncarnation, nextIncarnation } from '../../../storage/index.ts'
import { temporaryHome } from './temporary-home.ts'

test('begins with the start time, big endian, and never repeats', () => {
  const now = 0x0123456789ab
  const first = newIncarnation(now)
  assert.deepEqual([...first.subarray(0, 8)], [0, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab])
  assert.equal(first.byteLength, 16)
  assert.notDeepEqual(newIncarnation(now), first)
  assert.equal(compare(newIncarnation(now + 1), first), 1)
})

test('sorts after every earlier one of its home, also when the clock is set back or its file is damaged', async (t) => {
  const home = await temporaryHome(t)
  const first = await nextIncarnation(home, 5_000_000)
  const second = await nextIncarnation(home, 1_400_000)
  assert.equal(compare(second, first), 1)
  assert.equal(compare(await nextIncarnation(home, 5_000_001), second), 1)
  await writeFile(home.path('last-start'), 'not a number')
  const damaged = await nextIncarnation(home, 9_000_000)
  assert.deepEqual(damaged.subarray(0, 8), newIncarnation(9_000_000).subarray(0, 8))
})
