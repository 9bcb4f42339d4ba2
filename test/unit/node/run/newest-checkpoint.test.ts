import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NewestCheckpoint } from '../../../../node/run/newest-checkpoint.ts'
import {
  type Phase,
  parseCheckpointAnnouncement,
  sealCheckpointAnnouncement
} from '../../../../protocols/envelope/index.ts'
import { announcement, key } from '../../protocols/envelope/samples.ts'

async function announced(round: number, phase: Phase) {
  return parseCheckpointAnnouncement(await sealCheckpointAnnouncement({ ...announcement, round, phase }, key))
}

describe('the newest checkpoint', () => {
  it('is the first that was heard of, until one of a later round comes', async () => {
    const newest = new NewestCheckpoint()
    assert.equal(newest.sealed, undefined)
    const [early, late] = [await announced(10, 'training'), await announced(20, 'training')]
    assert.ok(newest.offer(early))
    assert.ok(!newest.offer(early))
    assert.ok(newest.offer(late))
    assert.ok(!newest.offer(early))
    assert.equal(newest.sealed, late.bytes)
  })

  it('is one of a later phase, whatever the round', async () => {
    const newest = new NewestCheckpoint()
    assert.ok(newest.offer(await announced(9_000_000, 'training')))
    assert.ok(newest.offer(await announced(100, 'closing')))
    assert.ok(newest.offer(await announced(1, 'done')))
    assert.ok(!newest.offer(await announced(9_000_000, 'closing')))
  })

  it('can be taken back, so that one that nobody gives does not outrank all others for ever', async () => {
    const newest = new NewestCheckpoint()
    const [kept, bogus, next] = [
      await announced(10, 'training'),
      await announced(9_000_000, 'done'),
      await announced(20, 'training')
    ]
    newest.offer(kept)
    newest.offer(bogus)
    newest.withdraw(kept, undefined)
    assert.equal(newest.announced, bogus)
    newest.withdraw(bogus, kept)
    assert.equal(newest.announced, kept)
    assert.ok(newest.offer(next))
  })
})
