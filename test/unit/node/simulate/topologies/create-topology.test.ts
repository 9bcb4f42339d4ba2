import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  createTopology,
  degreeOf,
  TopologySizeError,
  TopologySpecError
} from '../../../../../node/simulate/topologies/index.ts'
import { isConnected, type Links } from '../../../../../node/simulate/topologies/links.ts'
import { drawPushes, drawStronglyConnectedPushes } from '../../../../../node/simulate/topologies/pushes.ts'
import { drawRegular } from '../../../../../node/simulate/topologies/regular.ts'
import { createRandom } from '../../../../../protocols/averaging/index.ts'
import { hearings } from './mean-square.ts'

const SPECS = [
  'regular:6',
  'ring',
  'path',
  'complete',
  'exponential',
  'matching',
  'groups:4',
  'base:2',
  'base:4',
  'el-oracle:6',
  'el-local:6'
] as const

/** Loops, links that are there twice, and weights that are no share. */
function faultsOf(spec: string, peers: number, seed: number): string[] {
  const mixing = createTopology(spec, peers, createRandom(seed)).mixing(3)
  const pairs = hearings(mixing)
  const faults = pairs.filter(([receiver, sender]) => receiver === sender || sender >= peers).map(String)
  if (new Set(pairs.map(String)).size !== pairs.length) faults.push('a link is there twice')
  for (let receiver = 0; receiver < peers; receiver++) {
    const row = mixing.weights.subarray(mixing.offsets[receiver]!, mixing.offsets[receiver + 1]!)
    if (row.reduce((sum, weight) => sum + weight, 0) > 1 + 1e-12) faults.push(`${receiver} keeps less than nothing`)
  }
  return faults
}

function isRegular(links: Links, degree: number): boolean {
  return Array.from({ length: links.offsets.length - 1 }, (_, i) => degreeOf(links, i)).every((d) => d === degree)
}

suite('topologies', () => {
  test('have no loops and no double links, and their weights leave something for oneself', () => {
    for (const spec of SPECS) {
      for (const [peers, seed] of [
        [8, 1],
        [25, 2],
        [64, 3]
      ] as const)
        assert.deepEqual(faultsOf(spec, peers, seed), [], `${spec} of ${peers}`)
    }
  })

  test('are the same for the same seed and round in whatever order rounds are asked, and others for another seed', () => {
    for (const spec of SPECS) {
      const [one, two, other] = [7, 7, 8].map((seed) => createTopology(spec, 24, createRandom(seed)))
      const later = two!.mixing(5)
      assert.deepEqual(one!.mixing(2), two!.mixing(2), spec)
      assert.deepEqual(one!.mixing(5), later, spec)
      const isDrawn = /^(regular|matching|groups|el-)/.test(spec)
      assert.equal(isDrawn, hearings(one!.mixing(2)).join() !== hearings(other!.mixing(2)).join(), spec)
      assert.equal(one!.isStatic, one!.mixing(0) === one!.mixing(1), spec)
    }
  })

  test('regular: is symmetric, regular and connected from sparse to nearly complete, which a ring cut in two is not', () => {
    for (const [peers, degree] of [
      [2, 1],
      [5, 2],
      [7, 6],
      [8, 5],
      [16, 6],
      [16, 13],
      [25, 24],
      [300, 3]
    ] as const) {
      const mixing = createTopology(`regular:${degree}`, peers, createRandom(peers)).mixing(0)
      const pairs = new Set(hearings(mixing).map(String))
      assert.ok(isRegular(mixing, degree), `${degree} of ${peers}`)
      assert.ok(hearings(mixing).every(([a, b]) => pairs.has(`${b},${a}`)))
      assert.ok(isConnected(mixing))
    }
    const twoTriangles = {
      offsets: Uint32Array.of(0, 2, 4, 6, 8, 10, 12),
      senders: Uint32Array.of(1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4)
    }
    assert.equal(isConnected(twoTriangles), false)
  })

  test('regular: hangs together for every seed, where a draw alone does not', () => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed)
    const isWhole = (seed: number) => isConnected(createTopology('regular:2', 30, createRandom(seed)).mixing(0))
    assert.ok(seeds.every(isWhole))
    assert.equal(
      seeds.every((seed) => isConnected(drawRegular(30, 2, createRandom(seed)))),
      false
    )
  })

  test('pushes: news of everybody reach everybody where they are drawn so, and not by chance', () => {
    const reached = (links: Links) => {
      const heard = new Set([0])
      // With one receiver a peer, whoever hears the newest one of the chain comes next.
      for (let next: number | undefined = 0; next !== undefined; ) {
        const from: number = next
        next = hearings({ ...links, weights: new Float64Array() }).find(
          ([to, sender]) => sender === from && !heard.has(to)
        )?.[0]
        if (next !== undefined) heard.add(next)
      }
      return heard.size
    }
    for (const seed of [1, 2, 3]) {
      assert.equal(reached(drawStronglyConnectedPushes(20, 1, createRandom(seed))), 20)
      assert.ok(reached(drawPushes(20, 1, createRandom(seed))) < 20)
    }
  })

  test('regular: draws every link as often as every other', () => {
    const random = createRandom(11)
    const [peers, degree, draws] = [10, 3, 3000]
    const counts = new Float64Array(peers * peers)
    for (let draw = 0; draw < draws; draw++) {
      const links = drawRegular(peers, degree, random)
      for (const [a, b] of hearings({ ...links, weights: new Float64Array() })) counts[a * peers + b]! += 1
    }
    const expected = (draws * degree) / (peers - 1)
    // Five standard deviations of a binomial count.
    const slack = 5 * Math.sqrt(expected * (1 - degree / (peers - 1)))
    counts.forEach((count, pair) => {
      if (pair % (peers + 1) !== 0) assert.ok(Math.abs(count - expected) < slack, `${count} instead of ${expected}`)
    })
  })

  test('are drawn for 65 536 peers, regular and connected', () => {
    const mixing = createTopology('regular:6', 65_536, createRandom(1)).mixing(0)
    assert.ok(isRegular(mixing, 6))
    assert.ok(isConnected(mixing))
  })

  test('leave one peer out of a matching of an odd number, and give what is left to the last group', () => {
    const degreesOf = (spec: string, peers: number) => {
      const mixing = createTopology(spec, peers, createRandom(1)).mixing(0)
      return Array.from({ length: peers }, (_, i) => degreeOf(mixing, i)).toSorted()
    }
    assert.deepEqual(degreesOf('matching', 5), [0, 1, 1, 1, 1])
    assert.deepEqual(degreesOf('groups:4', 6), [1, 1, 3, 3, 3, 3])
    assert.deepEqual(degreesOf('groups:9', 3), [2, 2, 2])
  })
})

suite('a topology that cannot be built', () => {
  test('is refused by name with the names that there are', () => {
    for (const spec of [
      '',
      'torus',
      'regular',
      'regular:',
      'regular:-2',
      'regular:2.5',
      'ring:4',
      'toString',
      'groups:0'
    ]) {
      assert.throws(() => createTopology(spec, 16, createRandom(1)), TopologySpecError, spec)
    }
    assert.throws(() => createTopology('torus', 16, createRandom(1)), /there is no "torus".*"regular:6".*"matching"/)
  })

  test('is refused for so many peers with the reason', () => {
    const refusals: readonly [spec: string, peers: number, reason: RegExp][] = [
      ['regular:6', 6, /needs at least 7 peers/],
      ['regular:3', 7, /an odd number of peers cannot have an odd number of links each/],
      ['regular:1', 4, /do not hang together/],
      ['ring', 2, /needs at least 3 peers/],
      ['complete', 65_536, /that is 4294901760 links, at most 33554432 are held/],
      ['base:1', 5, /a base is at least 2/],
      ['el-oracle:3', 5, /odd/],
      ['el-local:5', 5, /needs at least 6 peers/]
    ]
    for (const [spec, peers, reason] of refusals) {
      const isExpected = (error: unknown) => error instanceof TopologySizeError && reason.test(error.message)
      assert.throws(() => createTopology(spec, peers, createRandom(1)), isExpected, spec)
    }
  })
})
