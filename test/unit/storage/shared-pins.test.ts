import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownPins, playSharedPins, unguardedPins } from './shared-pins.ts'
import { temporaryStorage } from './temporary-storage.ts'

/** A slice of `npm run bench -- shared-pins`. */
const OPERATIONS = 160

test('loses no block of pins that share some, added and removed at the same time with sweeps between', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const { lost, additions, removals } = await playSharedPins(stores, ownPins(storage), {
    operations: OPERATIONS,
    seed: 1
  })
  assert.equal(lost, 0)
  assert.ok(additions > 60 && removals > 40)
})

test('control: the same without the mutex loses some in the same play', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const { lost } = await playSharedPins(stores, unguardedPins(stores, storage), { operations: OPERATIONS, seed: 1 })
  assert.ok(lost > 0)
})
