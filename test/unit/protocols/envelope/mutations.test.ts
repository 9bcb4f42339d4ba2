import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import {
  InvalidRecordError,
  InviteError,
  openEnvelope,
  parseBeacon,
  parseCheckpoint,
  parseCheckpointAnnouncement,
  parseDeltaHeader,
  parseInvite,
  parseManifest
} from '../../../../protocols/envelope/index.ts'
import { encodeSamples } from './samples.ts'

/** 100 000 and more over the five kinds of binary record, two layers for the three that are sealed, and the invite. */
const MUTATIONS = 11_200
/** Heads that claim the most: byte string, text, list, map and tag with long arguments, and 64-bit floats. */
const HEADS = [0x5a, 0x5b, 0x7a, 0x7b, 0x81, 0x9a, 0x9b, 0xa1, 0xbb, 0xd8, 0xf7, 0xfb, 0xff, 0x00]

interface Mutation {
  readonly at: number
  readonly kind: 'flip' | 'replace' | 'remove' | 'insert' | 'truncate' | 'repeat'
  readonly value: number
  readonly length: number
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(0xffff),
  kind: fc.constantFrom('flip', 'replace', 'remove', 'insert', 'truncate', 'repeat'),
  value: fc.oneof(fc.nat(255), fc.constantFrom(...HEADS)),
  length: fc.integer({ min: 1, max: 12 })
})

function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  return mutations.reduce((each, { kind, at, value, length }) => {
    const index = each.length === 0 ? 0 : at % each.length
    const before = each.subarray(0, index)
    switch (kind) {
      case 'flip':
        return Buffer.concat([before, Uint8Array.of(each[index]! ^ (1 << (value % 8))), each.subarray(index + 1)])
      case 'replace':
        return Buffer.concat([before, Uint8Array.of(value), each.subarray(index + 1)])
      case 'remove':
        return Buffer.concat([before, each.subarray(index + length)])
      case 'insert':
        return Buffer.concat([before, new Uint8Array(length).fill(value), each.subarray(index)])
      case 'truncate':
        return before
      default:
        return Buffer.concat([each.subarray(0, index + length), each.subarray(index)])
    }
  }, bytes)
}

/** What a parser may do with bytes from a stranger: return, or throw `expected`. */
async function assertContained(
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => unknown,
  expected: new (...args: never[]) => Error
): Promise<void> {
  const property = fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
    try {
      await parse(mutate(bytes, mutations))
    } catch (error) {
      assert.ok(error instanceof expected, `threw ${error}`)
    }
  })
  await fc.assert(property, { seed: 6, numRuns: MUTATIONS })
}

describe('mutated records', async () => {
  const samples = await encodeSamples()
  const plain = {
    'run-manifest': parseManifest,
    'regression-manifest': parseManifest,
    'checkpoint-manifest': parseCheckpoint
  }
  const sealed = {
    'delta-header': { parse: parseDeltaHeader, type: 'delta' },
    'checkpoint-announcement': { parse: parseCheckpointAnnouncement, type: 'checkpoint' },
    beacon: { parse: parseBeacon, type: 'beacon' }
  }

  for (const [name, parse] of Object.entries(plain)) {
    it(`throws nothing but InvalidRecordError on a mutated ${name}`, async () => {
      await assertContained(samples[name]!, parse, InvalidRecordError)
    })
  }

  for (const [name, { parse, type }] of Object.entries(sealed)) {
    it(`throws nothing but InvalidRecordError on a mutated ${name}`, async () => {
      await assertContained(samples[name]!, parse, InvalidRecordError)
    })

    it(`throws nothing but InvalidRecordError on a ${name} whose body is mutated inside a whole envelope`, async () => {
      const { body, signature } = openEnvelope(samples[name]!, { type, maxBytes: 4096 })
      const parseBody = (mutated: Uint8Array) => parse(encode({ v: 1, type, body: mutated, signature }))
      await assertContained(body, parseBody, InvalidRecordError)
    })
  }

  it('throws nothing but InviteError on a mutated invite', async () => {
    const parseText = (bytes: Uint8Array) => parseInvite(new TextDecoder().decode(bytes))
    await assertContained(samples.invite!, parseText, InviteError)
  })

  it('would notice a parser that throws something else', async () => {
    const careless = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
    await assert.rejects(assertContained(samples.beacon!, careless, InvalidRecordError), /Counterexample/)
  })
})
