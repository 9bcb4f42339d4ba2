import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StatusWatch, trendLine } from '../../../../node/commands/watch-status.ts'
import { type PeerStatus, peerStatus, type RunStatus } from '../../../../node/control/index.ts'

const training: RunStatus = {
  id: 'bafyrun12345678',
  network: 'public',
  role: 'trainer',
  state: 'training',
  startedAt: 0,
  name: 'wards',
  parameters: 9,
  training: {
    round: 100,
    rounds: 400,
    loss: 0.25,
    lossTrend: [2, 1, 0.25],
    trainMs: 5,
    waitMs: 7,
    engine: 'e',
    samples: 71
  },
  links: [
    { peer: '12D3KooWneighbourA', rttMs: 0.4, ageMs: 90_000, heardMs: 200, isAwaited: false },
    { peer: '12D3KooWneighbourB', rttMs: 12, ageMs: 90_000, isAwaited: true }
  ],
  checkpoint: { root: 'bafycheckpoint', round: 80, accuracy: 0.95 },
  refused: { replayed: 3 }
}

function status(changes: Partial<PeerStatus> = {}): PeerStatus {
  return peerStatus.parse({
    v: 1,
    peer: '12D3KooWownpeer1',
    pid: 7,
    roles: ['trainer'],
    home: '/home',
    startedAt: 0,
    addresses: [],
    pinning: { quotaBytes: 10 * 2 ** 30, droppedForQuota: 0 },
    connections: 2,
    sentBytes: 1_000_000,
    receivedBytes: 2_000_000,
    rssBytes: 180_000_000,
    runs: [training],
    ...changes
  })
}

function atRound(round: number): RunStatus {
  return { ...training, training: { ...training.training!, round } }
}

describe('the live view of a peer', () => {
  it('shows how far each run is, whom it waits for, and what was refused', () => {
    const picture = new StatusWatch().draw(status(), 1000)
    assert.match(picture, /^wards {2}…12345678 {2}training$/m)
    assert.match(picture, /█{10}░{30} {2}round 100 of 400, 25\.0 %$/m)
    assert.match(picture, /loss 0\.250 {2}█▄▁/)
    assert.match(picture, /links 2, waiting for …ighbourB$/m)
    assert.match(picture, /…ighbourA +0\.4 ms {2}last delta 0\.2 s ago +linked for 90 s$/m)
    assert.match(picture, /…ighbourB +12\.0 ms {2}no delta yet/)
    assert.match(picture, /checkpoint bafycheckpoint of round 80, accuracy 95\.0 %$/m)
    assert.match(picture, /refused replayed 3$/m)
  })

  it('tells bytes a second and the time that is left from the second look on', () => {
    const watch = new StatusWatch()
    assert.match(watch.draw(status(), 1000), /sent 1\.0 MB \(…\)/)
    const later = status({ sentBytes: 1_500_000, runs: [atRound(110)] })
    const picture = watch.draw(later, 3000)
    assert.match(picture, /sent 1\.5 MB \(250\.0 kB\/s\)/)
    // Ten rounds in two seconds, 290 to come.
    assert.match(picture, /round 110 of 400, 27\.5 %, about 58 s left$/m)
  })

  it('promises no end while the run is paused', () => {
    const watch = new StatusWatch()
    watch.draw(status(), 1000)
    const paused: RunStatus = { ...atRound(110), state: 'paused' }
    assert.doesNotMatch(watch.draw(status({ runs: [paused] }), 3000), /left$/m)
  })

  it('is a line for each run where nothing can be drawn over', () => {
    const watch = new StatusWatch()
    const starting: RunStatus = { ...training, id: 'bafyother8765432', state: 'starting', links: [], refused: {} }
    const { name, training: _, parameters, checkpoint, ...bare } = starting
    const [one, two, ...rest] = watch.lines(status({ runs: [training, bare] }), 1000).split('\n')
    assert.match(
      one!,
      /wards: training, round 100 of 400, loss 0\.250, 2 links, last delta 0\.2 s ago, 3 refused; sent …/
    )
    assert.match(two!, /…r8765432: starting, 0 links; /)
    assert.deepEqual(rest, [])
  })
})

describe('a row of blocks', () => {
  it('goes from the smallest number to the largest, and is flat where all are alike', () => {
    assert.equal(trendLine([0, 7, 3.5]), '▁█▅')
    assert.equal(trendLine([2, 2]), '▁▁')
    assert.equal(trendLine([]), '')
  })

  it('is no longer than a terminal is wide', () => {
    assert.equal(trendLine(Array.from({ length: 95 }, (_, at) => at)).length, 48)
  })
})
