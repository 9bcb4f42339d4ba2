/** What travels on streams: messages of the protocols, the frames around them, and the payloads behind them. */
import assert from 'node:assert/strict'
import { type Codec, payloadBytes } from '../../protocols/averaging/codec.ts'
import { applyPayload } from '../../protocols/averaging/payload.ts'
import { PayloadError } from '../../protocols/averaging/payload-error.ts'
import {
  encodeDeltaAnswer,
  encodeDeltaRequest,
  parseDeltaAnswer,
  parseDeltaRequest,
  requestedRange
} from '../../protocols/delta-gossip/messages.ts'
import { InvalidRecordError } from '../../protocols/envelope/index.ts'
import { decodeLength } from '../../protocols/frames.ts'
import {
  encodeFrame,
  encodeHello,
  encodeReply,
  parseFrame,
  parseHello,
  parseReply
} from '../../protocols/links/messages.ts'
import {
  encodeClosed,
  encodeStateAnswer,
  encodeStateRequest,
  parseClosed,
  parseStateAnswer,
  parseStateRequest
} from '../../protocols/state-sync/messages.ts'
import { author, filled, otherAuthor, run } from '../unit/protocols/envelope/samples.ts'
import type { Decoder } from './decoder.ts'

const addresses = ['/ip4/192.0.2.1/tcp/4001', '/dns4/peer.example/tcp/443/tls/ws']
const head = { incarnation: filled(16, 3), seq: 7 }
const members = [author, otherAuthor].map((peer) => ({ peer, addresses }))
const root = Uint8Array.from([1, 0x55, 0x12, 0x20, ...filled(32, 9)])

/** A message: what it is called, how it is written and read, and valid ones. */
function message<T>(
  name: string,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  ...samples: T[]
): Decoder {
  return {
    name,
    shape: 'cbor',
    samples: samples.map(encode),
    throws: [InvalidRecordError],
    decode,
    check: (value: T) => assert.deepEqual(decode(encode(value)), value)
  }
}

const hello = { v: 1, run, wantsLink: true, head, degree: 3, codecs: ['int4', 'f32'], addresses } as const
const reply = { v: 1, head, degree: 3, members } as const

const messages: readonly Decoder[] = [
  message(
    'link hello',
    encodeHello,
    parseHello,
    { ...hello, codecs: [...hello.codecs] },
    { ...hello, codecs: [], wantsLink: false, head: null, addresses: [] }
  ),
  message('link reply', encodeReply, parseReply, { ...reply }, { ...reply, refused: 'full', head: null, members: [] }),
  message(
    'link frame',
    encodeFrame,
    parseFrame,
    { header: filled(600, 1), payload: filled(337, 2) },
    { header: filled(60, 1) },
    { ping: 4, degree: 2 },
    { pong: 4 },
    { bye: 'leaving' }
  ),
  {
    ...message(
      'delta request',
      encodeDeltaRequest,
      parseDeltaRequest,
      { v: 1, run, root },
      { v: 1, run, incarnation: head.incarnation, from: 3, to: 9 }
    ),
    decode: (bytes) => {
      const request = parseDeltaRequest(bytes)
      const range = requestedRange(request)
      assert.ok(range === undefined || range.to - range.from < 8, 'more deltas than a gap')
      return request
    }
  },
  message(
    'delta answer',
    encodeDeltaAnswer,
    parseDeltaAnswer,
    { v: 1, header: filled(600, 1), bytes: 337 },
    { v: 1, bytes: 0 }
  ),
  message(
    'state request',
    encodeStateRequest,
    parseStateRequest,
    { v: 1, run, want: 'copy' },
    { v: 1, run, want: 'checkpoint' },
    { v: 1, run, want: 'closed' }
  ),
  message(
    'closed members',
    encodeClosed,
    parseClosed,
    { v: 1, headers: [filled(600, 1), filled(700, 2)] },
    { v: 1, headers: [] }
  ),
  message(
    'state answer',
    encodeStateAnswer,
    parseStateAnswer,
    { v: 1, record: filled(600, 1), bytes: 2600 },
    { v: 1, bytes: 0 }
  )
]

/** A length prefix of whatever length, as libp2p asks for it: byte by byte, RangeError for "read on". */
const lengthPrefix: Decoder = {
  name: 'length prefix',
  shape: 'bytes',
  samples: [[0], [1], [0x7f], [0x80, 1], [0xff, 0xff, 0x03], [0x80, 0x80, 0x80, 0x7f]].map((bytes) =>
    Uint8Array.from(bytes)
  ),
  throws: [InvalidRecordError],
  decode: (bytes) => {
    for (let read = 1; read <= bytes.length; read++) {
      try {
        return decodeLength({ byteLength: read, get: (at) => bytes[at]! })
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        assert.ok(read < 4, 'a prefix is read beyond its longest')
      }
    }
    return undefined
  },
  check: (length: number) => assert.ok(Number.isSafeInteger(length) && length >= 0 && length < 2 ** 28, String(length))
}

/** Two blocks and a part of a third, with an odd number of codes. */
const PARAMETERS = 651

function payload(codec: Codec): Decoder {
  const bytes = new Uint8Array(payloadBytes(codec, PARAMETERS))
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 37) & 0x3f
  return {
    name: `payload ${codec}`,
    shape: 'bytes',
    samples: [bytes, new Uint8Array(bytes.length)],
    throws: [PayloadError],
    decode: (mutated) => {
      const copy = new Float32Array(PARAMETERS)
      return { copy, norm: applyPayload(codec, mutated, copy) }
    },
    check: ({ copy, norm }: { copy: Float32Array; norm: number }) => {
      assert.ok(Number.isFinite(norm) && norm >= 0, `norm ${norm}`)
      assert.ok(
        copy.every((value) => Math.abs(value) <= 1e6),
        'a parameter is out of bounds'
      )
    }
  }
}

export const MESSAGE_DECODERS: readonly Decoder[] = [
  ...messages,
  lengthPrefix,
  payload('f32'),
  payload('f16'),
  payload('int8'),
  payload('int4')
]
