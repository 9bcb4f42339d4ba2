import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  encodeDeltaAnswer,
  encodeDeltaRequest,
  parseDeltaAnswer,
  parseDeltaRequest
} from '../../../../protocols/delta-gossip/messages.ts'
import { InvalidRecordError } from '../../../../protocols/envelope/index.ts'
import {
  encodeFrame,
  encodeHello,
  encodeReply,
  type Hello,
  MAX_FRAME_BYTES,
  MAX_HANDSHAKE_BYTES,
  MAX_INLINE_PAYLOAD_BYTES,
  MAX_NAMED_MEMBERS,
  parseFrame,
  parseHello,
  parseReply,
  type Reply
} from '../../../../protocols/links/messages.ts'
import {
  encodeStateAnswer,
  encodeStateRequest,
  parseStateAnswer,
  parseStateRequest
} from '../../../../protocols/state-sync/messages.ts'
import { refusal } from '../envelope/refusals.ts'
import { author, filled, otherAuthor, run } from '../envelope/samples.ts'

/** Of each message. */
const MUTATIONS = 1500

const head = { incarnation: filled(16, 3), seq: 7 }
const addresses = ['/ip4/192.0.2.1/tcp/4001']
const hello: Hello = { v: 1, run, wantsLink: true, head, degree: 3, codecs: ['int4'], addresses }
const reply: Reply = {
  v: 1,
  refused: 'full',
  head: null,
  degree: 12,
  members: [
    { peer: author, addresses },
    { peer: otherAuthor, addresses: [] }
  ]
}
const frame = { header: filled(900, 1), payload: filled(3000, 2), ping: 4, degree: 6 }

const messages: Readonly<Record<string, { bytes: Uint8Array; parse: (bytes: Uint8Array) => unknown }>> = {
  hello: { bytes: encodeHello(hello), parse: parseHello },
  reply: { bytes: encodeReply(reply), parse: parseReply },
  frame: { bytes: encodeFrame(frame), parse: parseFrame },
  bye: { bytes: encodeFrame({ bye: 'leaving' }), parse: parseFrame },
  'delta request': {
    bytes: encodeDeltaRequest({ v: 1, run, incarnation: head.incarnation, from: 1, to: 8 }),
    parse: parseDeltaRequest
  },
  'delta answer': { bytes: encodeDeltaAnswer({ v: 1, header: filled(900, 1), bytes: 337 }), parse: parseDeltaAnswer },
  'state request': { bytes: encodeStateRequest({ v: 1, run, want: 'copy' }), parse: parseStateRequest },
  'state answer': { bytes: encodeStateAnswer({ v: 1, record: filled(900, 1), bytes: 2600 }), parse: parseStateAnswer }
}

const mutation = fc.tuple(fc.constantFrom('flip', 'cut', 'insert', 'remove'), fc.nat(0xffff), fc.nat(255))

function mutate(bytes: Uint8Array, [kind, at, value]: [string, number, number]): Uint8Array {
  const index = bytes.length === 0 ? 0 : at % bytes.length
  const [before, rest] = [bytes.subarray(0, index), bytes.subarray(index)]
  if (kind === 'cut') return before
  if (kind === 'insert') return Buffer.concat([before, Uint8Array.of(value), rest])
  if (kind === 'remove') return Buffer.concat([before, rest.subarray(1 + (value % 9))])
  return Buffer.concat([before, rest.subarray(0, 1).map((byte) => byte ^ (1 << (value % 8))), rest.subarray(1)])
}

function assertContained(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  const property = fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
    try {
      parse(mutations.reduce(mutate, bytes))
    } catch (error) {
      assert.ok(error instanceof InvalidRecordError, `threw ${error}`)
    }
  })
  fc.assert(property, { seed: 4, numRuns: MUTATIONS })
}

suite('messages between neighbours', () => {
  test('survive encoding', () => {
    assert.deepEqual(parseHello(encodeHello(hello)), hello)
    assert.deepEqual(parseReply(encodeReply(reply)), reply)
    assert.deepEqual(parseFrame(encodeFrame(frame)), frame)
  })

  for (const [name, { bytes, parse }] of Object.entries(messages)) {
    test(`throw nothing but InvalidRecordError as a mutated ${name}`, () => {
      assertContained(bytes, parse)
    })
  }

  test('would be caught throwing something else', () => {
    const careless = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
    assert.throws(() => assertContained(messages.hello!.bytes, careless), /Counterexample/)
  })

  test('hold a header and an inline payload of the largest size in one frame', () => {
    const full = encodeFrame({
      header: filled(2048, 1),
      payload: filled(MAX_INLINE_PAYLOAD_BYTES, 2),
      degree: 6,
      ping: 1
    })
    assert.ok(full.byteLength <= MAX_FRAME_BYTES)
  })

  test('are refused above their size', () => {
    assert.throws(() => parseFrame(filled(MAX_FRAME_BYTES + 1, 1)), refusal('oversized'))
    assert.throws(() => parseHello(filled(MAX_HANDSHAKE_BYTES + 1, 1)), refusal('oversized'))
  })

  test('name at most sixteen members, each by the bytes of a peer id', () => {
    const members = (count: number) => new Array(count).fill({ peer: author, addresses: [] })
    assert.equal(parseReply(encodeReply({ ...reply, members: members(MAX_NAMED_MEMBERS) })).members.length, 16)
    assert.throws(() => encodeReply({ ...reply, members: members(MAX_NAMED_MEMBERS + 1) }), refusal('range'))
    assert.throws(() => encodeReply({ ...reply, members: [{ peer: filled(38, 1), addresses: [] }] }), refusal('shape'))
  })

  test('give no reason to part that could move a cursor', () => {
    assert.throws(() => parseFrame(encodeFrame({ bye: '\u001b[2J' })), refusal('range'))
  })
})
