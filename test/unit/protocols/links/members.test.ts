import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Members } from '../../../../protocols/links/members.ts'

const member = { peer: new Uint8Array(38), addresses: [] }
const nobody = () => false

function membersOf(...ids: string[]): Members {
  const members = new Members('self')
  for (const id of ids) members.add(id, member)
  return members
}

/** Ids that may be asked at `now`, in order of hearing of them. */
function askable(members: Members, now: number): string[] {
  return members.candidates(now, nobody, () => 0).map(({ id }) => id)
}

suite('members', () => {
  test('leave out the peer itself and those that are taken', () => {
    const members = membersOf('a', 'self', 'b')
    assert.deepEqual(askable(members, 0), ['a', 'b'])
    assert.deepEqual(
      members
        .candidates(
          0,
          (id) => id === 'a',
          () => 0
        )
        .map(({ id }) => id),
      ['b']
    )
  })

  test('keep their own addresses, whatever others say of them', () => {
    const members = membersOf('a')
    members.addHearsay('a', { ...member, addresses: ['/ip4/192.0.2.1/tcp/22'] })
    members.addHearsay('b', { ...member, addresses: ['/ip4/192.0.2.2/tcp/1'] })
    const addresses = members.candidates(0, nobody, () => 0).map(({ member: { addresses } }) => addresses)
    assert.deepEqual(addresses, [[], ['/ip4/192.0.2.2/tcp/1']])
  })

  test('that were neighbours outlast any number of names', () => {
    const members = membersOf('neighbour', 'stranger')
    members.succeeded('neighbour')
    for (let at = 0; at < 3000; at++) members.addHearsay(`made-up-${at}`, member)
    const ids = askable(members, 0)
    assert.equal(ids.length, 1024)
    assert.ok(ids.includes('neighbour') && !ids.includes('stranger'))
  })

  test('come in the order that chance gives', () => {
    const draws = [0.9, 0.1, 0.5]
    const drawn = membersOf('a', 'b', 'c').candidates(0, nobody, () => draws.shift()!)
    assert.deepEqual(
      drawn.map(({ id }) => id),
      ['b', 'c', 'a']
    )
  })

  test('are asked again after 1 s, then 2 s, at most a minute; success forgets failures', () => {
    const members = membersOf('a')
    const waitAfterFailure = () => {
      members.failed('a', 0)
      let ms = 0
      while (askable(members, ms).length === 0) ms += 250
      return ms
    }
    assert.deepEqual(Array.from({ length: 9 }, waitAfterFailure).slice(0, 3), [1000, 2000, 4000])
    assert.equal(waitAfterFailure(), 60_000)
    members.succeeded('a')
    assert.equal(waitAfterFailure(), 1000)
  })

  test('keep their failures when they are heard of again', () => {
    const members = membersOf('a')
    members.failed('a', 0)
    members.add('a', member)
    assert.deepEqual(askable(members, 500), [])
  })

  test('are asked again at once when their failures were not theirs', () => {
    const members = membersOf('a', 'b')
    for (let i = 0; i < 5; i++) members.failed('a', 0)
    assert.deepEqual(askable(members, 500), ['b'])
    members.forgive()
    assert.deepEqual(askable(members, 500), ['a', 'b'])
    members.failed('a', 500)
    assert.deepEqual(askable(members, 1500), ['a', 'b'], 'the first failure again')
  })

  test('count as trainers until they say no, and stay known after it', () => {
    const members = membersOf('a', 'b')
    members.notTrainer('a')
    assert.equal(members.trainerCount, 1)
    assert.deepEqual(askable(members, 0), ['a', 'b'])
  })

  test('are at most 1024, and the one heard of longest ago leaves', () => {
    const members = membersOf(...Array.from({ length: 1024 }, (_, i) => `peer ${i}`))
    members.add('peer 0', member)
    members.add('newest', member)
    const known = askable(members, 0)
    assert.equal(known.length, 1024)
    assert.equal(known.includes('peer 1'), false)
    assert.ok(known.includes('peer 0') && known.includes('newest'))
  })

  test('are named to a caller sixteen at a time, never the caller itself, however often they failed', () => {
    const members = membersOf(...Array.from({ length: 40 }, (_, i) => `peer ${i}`))
    assert.equal(members.sample(Math.random, 'peer 3').length, 16)
    const two = membersOf('a', 'b')
    two.failed('a', 0)
    assert.equal(two.sample(() => 0, 'b').length, 1)
  })
})
