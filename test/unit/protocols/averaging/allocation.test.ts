import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Codec, payloadBytes } from '../../../../protocols/averaging/codec.ts'
import { Averager, createRandom, createRobustRule, ROBUST_RULES } from '../../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../../protocols/averaging/payload.ts'
import { quantise } from '../../../../protocols/averaging/quantise.ts'
import { randomNeighbours } from './robust/neighbours.ts'
import { RULES, vectorFrom } from './rules.ts'

const LENGTH = 50_000
const VECTOR_BYTES = 4 * LENGTH

const ROUNDS = 11

/** The most bytes of typed arrays that one round allocates, after rounds in which scratch may grow. */
function buffersARound(round: () => void): number {
  for (let i = 0; i < 3; i++) round()
  const grown = Array.from({ length: ROUNDS }, () => {
    const before = process.memoryUsage().arrayBuffers
    round()
    return process.memoryUsage().arrayBuffers - before
  })
  return Math.max(...grown) // A collection within a round only hides what others show.
}

/** A whole round of a peer that mixes one fresh and one older version. */
function roundsOf(rule: 'mean' | 'or-cs+', codec: Codec): () => void {
  const random = createRandom(1)
  const parameters = vectorFrom(random, LENGTH)
  const sender = new Averager({
    rules: { ...RULES, codec },
    parameters: parameters.slice(),
    random: random.fork('sender')
  })
  const receiver = new Averager({ rules: { ...RULES, codec, rule, b: 1 }, parameters, random: random.fork('receiver') })
  const authors = ['a', 'b', 'c']
  for (const author of authors) receiver.adopt(author, sender.copy.slice())
  const payload = sender.publish(vectorFrom(random, LENGTH), { driftWeight: 1, withMomentum: false })!.payload
  const trained = vectorFrom(random, LENGTH)
  return () => {
    receiver.publish(trained, { driftWeight: 1, withMomentum: true })
    for (const author of authors) receiver.absorb(author, payload)
    receiver.mix([
      { author: 'a', weight: 0.25, ownDeltasSince: 0 },
      { author: 'b', weight: 0.25, ownDeltasSince: 2, newerDeltas: 1 }
    ])
  }
}

suite('after warm-up', () => {
  for (const codec of ['f32', 'f16', 'int8', 'int4'] as const) {
    test(`nothing is allocated to write and to add a delta in ${codec}, where it is given room`, () => {
      const random = createRandom(1)
      const [target, copy] = [vectorFrom(random, LENGTH), vectorFrom(random, LENGTH)]
      const into = new Uint8Array(payloadBytes(codec, LENGTH))
      const given = buffersARound(() => {
        quantise(codec, target, copy, random, into)
        applyPayload(codec, into, target.fill(0))
      })
      assert.ok(given < VECTOR_BYTES / 100, `${given} bytes`)
      assert.ok(buffersARound(() => void quantise(codec, target, copy, random)) > VECTOR_BYTES / 10)
    })
  }

  for (const name of ROBUST_RULES) {
    test(`nothing of the length of a model is allocated by ${name}`, () => {
      const neighbours = randomNeighbours(createRandom(1), 8, LENGTH)
      const target = new Float32Array(LENGTH)
      const rule = createRobustRule(name)
      const context = { gamma: 1, b: 2, mixedBefore: neighbours.slice(6) }
      const bytes = buffersARound(() => rule.addTo(target, neighbours.slice(0, 6), context))
      assert.ok(bytes < VECTOR_BYTES / 100, `${bytes} bytes`)
      const copying = buffersARound(() => rule.addTo(target.slice(), neighbours, context))
      assert.ok(copying > VECTOR_BYTES / 2, `${copying} bytes`)
    })
  }

  for (const rule of ['mean', 'or-cs+'] as const) {
    test(`a round through ${rule} allocates its payload, which is handed over, and no more`, () => {
      const bytes = buffersARound(roundsOf(rule, 'int4'))
      const payload = payloadBytes('int4', LENGTH)
      assert.ok(Math.abs(bytes - payload) < VECTOR_BYTES / 100, `${bytes} bytes, the payload has ${payload}`)
    })
  }
})
