import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LinkBytes } from '../../../../../node/simulate/consensus/link-bytes.ts'
import type { Mixing } from '../../../../../node/simulate/topologies/index.ts'

/** An int4 payload of 512 parameters: two scales and two nibbles a byte. */
const PAYLOAD = 2 * 4 + 256
const COPY = 4 * 512

/** Peer 0 hears `senders`, nobody else hears anybody. */
function hearing(...senders: number[]): Mixing {
  const links = senders.length
  return {
    offsets: Uint32Array.of(0, links, links, links, links),
    senders: Uint32Array.from(senders),
    weights: new Float64Array(links)
  }
}

function receivedIn(rounds: readonly Mixing[]): number[] {
  const bytes = new LinkBytes(4, 512, 'int4')
  for (const mixing of rounds) bytes.count(mixing)
  return [...bytes.received]
}

suite('bytes received over links', () => {
  test('are one delta a link and round where links stay', () => {
    const links = hearing(1, 2)
    assert.deepEqual(receivedIn([links, links, links]), [6 * PAYLOAD, 0, 0, 0])
    assert.deepEqual(receivedIn([links, hearing(2, 1), links]), [6 * PAYLOAD, 0, 0, 0], 'in whatever order')
  })

  test('are the whole copy of a neighbour that was not heard the round before, but a delta in the very first', () => {
    const firstAfter = (...rounds: Mixing[]) => receivedIn([...rounds, hearing(3)])[0]
    assert.equal(firstAfter(), PAYLOAD)
    assert.equal(firstAfter(hearing()), COPY)
    assert.equal(firstAfter(hearing(3), hearing(2)), PAYLOAD + 2 * COPY)
    assert.equal(firstAfter(hearing(2, 3)), 3 * PAYLOAD)
  })
})
