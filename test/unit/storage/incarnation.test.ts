import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from 'uint8arrays/compare'
import { newIncarnation } from '../../../storage/index.ts'

test('begins with the start time, big endian, and never repeats', () => {
  const now = 0x0123456789ab
  const first = newIncarnation(now)
  assert.deepEqual([...first.subarray(0, 8)], [0, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab])
  assert.equal(first.byteLength, 16)
  assert.notDeepEqual(newIncarnation(now), first)
  assert.equal(compare(newIncarnation(now + 1), first), 1)
})
