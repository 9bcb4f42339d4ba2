import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTopology, type Mixing } from '../../../../../node/simulate/topologies/index.ts'
import { createRandom } from '../../../../../protocols/averaging/index.ts'
import { drawVectors, meanOf, mixVectors, squaresAround } from './mean-square.ts'

const PEERS = 24
const LENGTH = 32
const ROUNDS = 400

/** The project's own bound on the distance to the closed forms. */
const TOLERANCE = 0.02

/**
 * Mean over the rounds of what is left of the squares around the mean, fresh vectors every round: otherwise late rounds
 * would work on rounding errors.
 */
function contraction(mixing: (round: number) => Mixing): number {
  const random = createRandom(5)
  let sum = 0
  for (let round = 0; round < ROUNDS; round++) {
    const vectors = drawVectors(PEERS, LENGTH, random)
    const mean = meanOf(vectors)
    sum += squaresAround(mean, mixVectors(mixing(round), vectors)) / squaresAround(mean, vectors)
  }
  return sum / ROUNDS
}

function contractionOf(spec: string): number {
  const topology = createTopology(spec, PEERS, createRandom(9))
  return contraction((round) => topology.mixing(round))
}

/** The control: weights that keep too much for oneself. */
function lazily({ weights, ...links }: Mixing): Mixing {
  return { ...links, weights: weights.map((weight) => weight / 2) }
}

function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual / expected - 1) <= TOLERANCE
}

const n = PEERS
const s = 4
const groups = n / 4
const closedForms: readonly [spec: string, expected: number][] = [
  ['matching', (n - 2) / (2 * (n - 1))],
  ['groups:4', (groups - 1) / (n - 1)],
  ['el-oracle:4', (1 / (s + 1)) * (1 - s / (n - 1))],
  ['el-local:4', (1 / s) * (1 - (1 - s / (n - 1)) ** n) - 1 / (n - 1)]
]

suite('contraction in one random round', () => {
  for (const [spec, expected] of closedForms) {
    test(`of ${spec} is that of its closed form, which half the weights miss`, () => {
      const measured = contractionOf(spec)
      assert.ok(isNear(measured, expected), `${measured} instead of ${expected}`)
      const topology = createTopology(spec, PEERS, createRandom(9))
      assert.equal(
        isNear(
          contraction((round) => lazily(topology.mixing(round))),
          expected
        ),
        false
      )
    })
  }

  test('tells the rules apart: none keeps the closed form of another', () => {
    for (const [spec] of closedForms) {
      const others = closedForms.filter(([other]) => other !== spec)
      const measured = contractionOf(spec)
      assert.deepEqual(
        others.filter(([, expected]) => isNear(measured, expected)),
        []
      )
    }
  })
})

suite('the mean of all', () => {
  const driftOf = (spec: string) => {
    const topology = createTopology(spec, PEERS, createRandom(9))
    let vectors = drawVectors(PEERS, LENGTH, createRandom(5))
    const before = meanOf(vectors)
    for (let round = 0; round < 20; round++) vectors = mixVectors(topology.mixing(round), vectors)
    return Math.max(...meanOf(vectors).map((x, i) => Math.abs(x - before[i]!)))
  }

  test('stays where it is on every graph but that of EL-Local, where it wanders', () => {
    for (const spec of [
      'regular:6',
      'ring',
      'path',
      'complete',
      'exponential',
      'matching',
      'groups:5',
      'el-oracle:4'
    ]) {
      assert.ok(driftOf(spec) < 1e-14, `${spec} moves it by ${driftOf(spec)}`)
    }
    assert.ok(driftOf('el-local:4') > 1e-3)
  })
})

/** Second largest modulus of an eigenvalue of a symmetric mixing: what is left of a vector without mean, late on. */
function secondEigenvalue(mixing: Mixing): number {
  let [vectors, modulus] = [drawVectors(mixing.offsets.length - 1, 1, createRandom(3)), 0]
  for (let step = 0; step < 2000; step++) {
    const mean = meanOf(vectors)[0]!
    const size = Math.sqrt(squaresAround(Float64Array.of(mean), vectors))
    const centred = vectors.map(([x]) => Float64Array.of((x! - mean) / size))
    vectors = mixVectors(mixing, centred)
    modulus = Math.sqrt(squaresAround(Float64Array.of(0), vectors))
  }
  return modulus
}

suite('static graphs with the weights of Metropolis', () => {
  test('contract in the end by the second eigenvalues of ALGORITHMS 2, which half the weights miss', () => {
    for (const [spec, peers, expected] of [
      ['path', 4, 0.804737854],
      ['ring', 16, 0.949253022]
    ] as const) {
      const mixing = createTopology(spec, peers, createRandom(0)).mixing(0)
      assert.ok(Math.abs(secondEigenvalue(mixing) - expected) < 1e-9, `${secondEigenvalue(mixing)}`)
      assert.ok(Math.abs(secondEigenvalue(lazily(mixing)) - expected) > 1e-3)
    }
  })
})
