import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthorLimit } from '../../../../protocols/topics/author-limit.ts'
import { author, otherAuthor } from '../envelope/samples.ts'

test('lets an author say four things at once and one every five seconds, whatever others say', () => {
  const limit = new AuthorLimit({ burst: 4, refillMs: 5000 })
  const taken = Array.from({ length: 100 }, () => limit.take(author, 1000)).filter((isTaken) => isTaken)
  assert.equal(taken.length, 4)
  assert.equal(limit.take(otherAuthor, 1000), true)
  assert.equal(limit.take(author, 5900), false)
  assert.equal(limit.take(author, 6100), true)
  assert.equal(limit.take(author, 6200), false)
  const beacons = Array.from({ length: 100 }, (_, at) => limit.take(author, 20_000 + 10_000 * at))
  assert.ok(beacons.every((isTaken) => isTaken))
})
