import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CheckpointOffers, type CheckpointRequest } from '../../../../node/participant/checkpoint-offers.ts'
import { CheckpointTurns } from '../../../../node/participant/checkpoint-turns.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'

const MEMBERS = 64

/** Of the last of eight groups: seven others have the last checkpoint before it. */
const LAST_GROUP = new Uint8Array(16).fill(7, 14, 15)

const FINAL: CheckpointRequest = {
  round: 30,
  seq: 35,
  phase: 'done',
  delta: new Uint8Array(36),
  signed: { header: new Uint8Array(), stateHash: new Uint8Array(32) }
}

function createOffers(incarnation = new Uint8Array(16), members = 1) {
  const clock = new VirtualClock()
  const asked: CheckpointRequest[] = []
  const offers = new CheckpointOffers({
    turns: new CheckpointTurns(10, incarnation),
    clock,
    members: () => members,
    onDue: async (request) => {
      asked.push(request)
      await clock.sleep(500)
    }
  })
  /** Milliseconds until the last checkpoint is this peer's to make. */
  const waited = async (signal: AbortSignal) => {
    await clock.until(offers.leaveFinalToOthers(signal))
    return clock.now()
  }
  return { clock, asked, offers, waited }
}

suite('checkpoint offers', () => {
  test('ask once for each turn, and wait for the last checkpoint alone to be stored', async () => {
    const { clock, asked, offers } = createOffers()
    const due: CheckpointRequest = { ...FINAL, round: 10, phase: 'training' }
    await offers.offer(due)
    await offers.offer(due)
    assert.deepEqual(asked, [due])
    await clock.until(offers.offer(FINAL))
    assert.deepEqual([asked.at(-1), clock.now()], [FINAL, 500])
  })

  test('leave the last one to others for as long as those who come before have', async () => {
    assert.equal(await createOffers(LAST_GROUP, MEMBERS).waited(new AbortController().signal), 7000)
    assert.equal(await createOffers(new Uint8Array(16), MEMBERS).waited(new AbortController().signal), 0)
  })

  test('wait no longer once somebody has published it, or the peer is stopped', async () => {
    const seen = createOffers(LAST_GROUP, MEMBERS)
    seen.clock.after(100, () => seen.offers.seen(30, 'done'))
    assert.equal(await seen.waited(new AbortController().signal), 100)
    await seen.offers.offer(FINAL)
    assert.deepEqual(seen.asked, [])

    const stopped = createOffers(LAST_GROUP, MEMBERS)
    const stopping = new AbortController()
    stopped.clock.after(200, () => stopping.abort())
    assert.equal(await stopped.waited(stopping.signal), 200)
    assert.equal(await stopped.waited(stopping.signal), 200, 'stopped before')
  })
})
