import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Codec } from '../../../../protocols/averaging/codec.ts'
import { Averager, createRandom, PayloadError } from '../../../../protocols/averaging/index.ts'
import { addPayload, applyPayload, LARGEST_PARAMETER } from '../../../../protocols/averaging/payload.ts'
import { RULES, vectorFrom } from './rules.ts'

const CODECS = ['f32', 'f16', 'int8', 'int4'] as const
const LENGTHS = [1, 2, 3, 255, 256, 257, 511, 513]
const DELTAS = 50

/** `copy'` from `copy` and one increment of `code` steps of `scale / L`. */
type Step = (copy: number, code: number, scale: number) => number

const exactInt4: Step = (copy, code, scale) => Math.fround(copy + Math.fround(code * Math.fround(scale / 7)))
/** The control: one rounding instead of three. */
const roundedOnce: Step = (copy, code, scale) => Math.fround(copy + (code * scale) / 7)

/** Rebuilds a copy from int4 payloads by the letter of ALGORITHMS 1: nothing here is shared with the code. */
function rebuild(start: Float32Array, payloads: readonly Uint8Array[], step: Step): Float32Array {
  const copy = start.slice()
  const blocks = Math.ceil(copy.length / 256)
  for (const payload of payloads) {
    const bytes = Buffer.from(payload)
    for (let i = 0; i < copy.length; i++) {
      const byte = bytes[4 * blocks + (i >> 1)]!
      const nibble = i % 2 === 0 ? byte % 16 : byte >> 4
      copy[i] = step(copy[i]!, nibble >= 8 ? nibble - 16 : nibble, bytes.readFloatLE(4 * (i >> 8)))
    }
  }
  return copy
}

/** A sender that trains at random, with what it published. */
function publishMany(codec: Codec, length: number, seed: number) {
  const random = createRandom(seed)
  const start = vectorFrom(random, length)
  const sender = new Averager({
    rules: { ...RULES, codec },
    parameters: start.slice(),
    random: random.fork('rounding')
  })
  const payloads = Array.from({ length: DELTAS }, () => {
    const trained = sender.parameters.map((x) => x + random.next() - 0.5)
    const delta = sender.publish(trained, { driftWeight: 1, withMomentum: true })
    sender.mix([])
    return delta!.payload
  })
  return { start, sender, payloads }
}

function refuses(reason: PayloadError['reason']) {
  return (error: unknown) => error instanceof PayloadError && error.reason === reason && error.code === 'ERR_PAYLOAD'
}

/** An int4 payload of two parameters: one scale, codes `low` and `high`. */
function int4Payload(scale: number, low: number, high: number): Uint8Array {
  const bytes = Buffer.alloc(5)
  bytes.writeFloatLE(scale)
  bytes[4] = (low & 15) | ((high & 15) << 4)
  return bytes
}

suite('payload', () => {
  test('leads every receiver to the bytes of the sender, for every codec and length', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CODECS), fc.constantFrom(...LENGTHS), fc.nat(), (codec, length, seed) => {
        const { start, sender, payloads } = publishMany(codec, length, seed)
        const receiver = new Averager({
          rules: { ...RULES, codec },
          parameters: new Float32Array(length),
          random: createRandom(0)
        })
        receiver.adopt('sender', start.slice())
        for (const payload of payloads) receiver.absorb('sender', payload)
        assert.deepEqual(receiver.view('sender'), sender.copy)
      }),
      { seed: 1, numRuns: 60 }
    )
  })

  test('is rebuilt bit for bit by a third party that follows the specification, and not with one rounding less', () => {
    for (const length of [257, 512]) {
      const { start, sender, payloads } = publishMany('int4', length, 2)
      assert.deepEqual(rebuild(start, payloads, exactInt4), sender.copy)
      assert.notDeepEqual(rebuild(start, payloads, roundedOnce), sender.copy)
      assert.notDeepEqual(rebuild(start, payloads.slice(1), exactInt4), sender.copy, 'a delta onto a stale base')
    }
  })

  test('gives the norm of the increment', () => {
    const copy = new Float32Array(2)
    assert.ok(Math.abs(applyPayload('int4', int4Payload(7, 3, -4), copy) - 5) < 1e-6)
    assert.deepEqual(copy, Float32Array.of(3, -4))
  })

  test('adds a multiple of the increment for arithmetic inside a peer', () => {
    const target = Float32Array.of(1, 1)
    addPayload('int4', int4Payload(7, 3, -4), target, 0.5)
    assert.deepEqual(target, Float32Array.of(2.5, -1))
  })

  for (const codec of CODECS) {
    test(`of the wrong length for ${codec} is refused, the right one is not`, () => {
      const { start, payloads } = publishMany(codec, 257, 3)
      const payload = payloads[0]!
      for (const wrong of [payload.slice(1), Uint8Array.of(...payload, 0), new Uint8Array()]) {
        assert.throws(() => applyPayload(codec, wrong, start.slice()), refuses('wrong-length'))
      }
      assert.doesNotThrow(() => applyPayload(codec, payload, start.slice()))
    })
  }

  test('with a negative or non-finite scale is refused, with scale 0 it is not', () => {
    for (const scale of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1]) {
      const copy = new Float32Array(2)
      assert.throws(() => applyPayload('int4', int4Payload(scale, 0, 0), copy), refuses('non-finite'), `scale ${scale}`)
    }
    assert.equal(applyPayload('int4', int4Payload(0, 7, 7), new Float32Array(2)), 0)
  })

  test('that leads above 1e6 is refused, that leads to 1e6 it is not', () => {
    const atLimit = () => Float32Array.of(LARGEST_PARAMETER - 7, 0)
    assert.throws(() => applyPayload('int4', int4Payload(7.5, 7, 0), atLimit()), refuses('non-finite'))
    assert.doesNotThrow(() => applyPayload('int4', int4Payload(7, 7, 0), atLimit()))
  })

  test('of f32 numbers that are not finite is refused', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -2e6]) {
      const payload = new Uint8Array(Float32Array.of(0, value, 0).buffer)
      assert.throws(() => applyPayload('f32', payload, new Float32Array(3)), refuses('non-finite'), `value ${value}`)
    }
  })

  test('of halves that are infinite or not a number is refused, the largest half is not', () => {
    for (const half of [0x7c00, 0xfc00, 0x7e00, 0x7c01]) {
      const payload = new Uint8Array(Uint16Array.of(0, half).buffer)
      assert.throws(() => applyPayload('f16', payload, new Float32Array(2)), refuses('non-finite'), half.toString(16))
    }
    assert.equal(applyPayload('f16', new Uint8Array(Uint16Array.of(0, 0x7bff).buffer), new Float32Array(2)), 65_504)
  })

  test('in f16 leads the sender to a target beyond the range of halves in several rounds, as it does in f32 in one', () => {
    const roundsTo = (codec: 'f32' | 'f16', target: number) => {
      const rules = { ...RULES, codec, mu: 0 }
      const sender = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
      let rounds = 0
      while (sender.copy[0] !== target && rounds < 10) {
        sender.publish(Float32Array.of(target), { driftWeight: 1, withMomentum: false })
        rounds++
      }
      return rounds
    }
    assert.equal(roundsTo('f32', 200_000), 1)
    assert.equal(roundsTo('f16', 200_000), 4)
    assert.equal(roundsTo('f16', 60_000), 1)
  })

  test('that is faulty costs the receiver its copy of that sender and no other', () => {
    const receiver = new Averager({
      rules: { ...RULES, codec: 'int4' },
      parameters: new Float32Array(2),
      random: createRandom(0)
    })
    receiver.adopt('honest', new Float32Array(2))
    receiver.adopt('faulty', new Float32Array(2))
    assert.throws(() => receiver.absorb('faulty', int4Payload(Number.NaN, 1, 1)), PayloadError)
    assert.equal(receiver.view('faulty'), undefined)
    assert.ok(receiver.view('honest'))
  })
})
