import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Event, EventQueue } from '../../../../node/simulate/event-queue.ts'

const times = fc.array(fc.record({ at: fc.integer({ min: 0, max: 9 }), isCalledOff: fc.boolean() }))

/** What the queue gives of events that are asked for in this order, some of them called off. */
function taken(asked: readonly { readonly at: number; readonly isCalledOff: boolean }[]): string[] {
  const queue = new EventQueue()
  const events: Event[] = asked.map(({ at }, order) => ({ at, order, callback: () => {} }))
  for (const event of events) queue.add(event)
  for (const [order, { isCalledOff }] of asked.entries()) if (isCalledOff) events[order]!.callback = undefined
  const all: string[] = []
  for (let next = queue.take(); next !== undefined; next = queue.take()) all.push(`${next.at}/${next.order}`)
  return all
}

function sorted(asked: Parameters<typeof taken>[0], later: (a: number, b: number) => number): string[] {
  return asked
    .flatMap(({ at, isCalledOff }, order) => (isCalledOff ? [] : [{ at, order }]))
    .sort((a, b) => a.at - b.at || later(a.order, b.order))
    .map(({ at, order }) => `${at}/${order}`)
}

suite('event queue', () => {
  test('gives events by time and then in the order of asking, and none that was called off', () => {
    fc.assert(
      fc.property(times, (asked) =>
        assert.deepEqual(
          taken(asked),
          sorted(asked, (a, b) => a - b)
        )
      )
    )
  })

  test('does not give those of one time the other way round (control)', () => {
    const asked = [0, 0, 1, 1].map((at) => ({ at, isCalledOff: false }))
    assert.notDeepEqual(
      taken(asked),
      sorted(asked, (a, b) => b - a)
    )
  })

  test('keeps its order when events are added between those that are taken', () => {
    const queue = new EventQueue()
    const add = (at: number, order: number) => queue.add({ at, order, callback: () => {} })
    for (const [order, at] of [5, 3, 9].entries()) add(at, order)
    assert.equal(queue.take()!.at, 3)
    add(4, 3)
    add(9, 4)
    assert.deepEqual(
      [queue.take(), queue.take(), queue.take(), queue.take(), queue.take()].map((event) => event?.order),
      [3, 0, 2, 4, undefined]
    )
  })
})
