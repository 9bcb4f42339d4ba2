/** What clients of the pinning API send, and what the home keeps of it. */
import assert from 'node:assert/strict'
import * as dagCbor from '@ipld/dag-cbor'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import {
  PinRefusal,
  parsePinBody,
  parsePinQuery,
  parseTokens,
  selectRequests,
  TokenError
} from '../../node/pinning/service/index.ts'
import { type PinRequest, PinRequestCorruptError } from '../../storage/index.ts'
import { parsePinRequest } from '../../storage/pin-requests.ts'
import { run } from '../unit/protocols/envelope/samples.ts'
import type { Decoder } from './decoder.ts'

const cid = CID.decode(run)
const key = new Key('/pin-request/1')

const request: PinRequest = {
  id: '1',
  owner: 'ada',
  created: 1,
  status: 'pinned',
  cid,
  name: 'model',
  origins: ['/ip4/127.0.0.1/tcp/4001'],
  meta: { app: 'x' }
}
const stored = dagCbor.encode({ ...request, cid: cid.bytes, replaces: cid.bytes })

const json = (...values: unknown[]) => values.map((value) => new TextEncoder().encode(JSON.stringify(value)))
const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

/** Most of the time goes into the errors. */
const COST = 20

export const PINNING_DECODERS: readonly Decoder[] = [
  {
    name: 'pin request',
    shape: 'cbor',
    samples: [stored],
    throws: [PinRequestCorruptError],
    cost: COST,
    decode: (bytes) => parsePinRequest(key, bytes),
    check: ({ cid: root, created }: PinRequest) => assert.ok(root instanceof CID && Number.isSafeInteger(created))
  },
  {
    name: 'tokens of the pinning API',
    shape: 'json',
    samples: json([{ name: 'ada', hash: '0'.repeat(64), createdAt: 1 }]),
    throws: [TokenError],
    cost: COST,
    decode: (bytes) => parseTokens('pinning-tokens.json', new TextDecoder().decode(bytes))
  },
  {
    name: 'body of a pin',
    shape: 'json',
    samples: json({ cid: cid.toString(), name: 'model', origins: ['/ip4/127.0.0.1/tcp/4001'], meta: { app: 'x' } }),
    throws: [PinRefusal],
    cost: COST,
    decode: (bytes) => parsePinBody(parsed(bytes)),
    check: (body: PinRequest) => assert.ok(body.cid instanceof CID)
  },
  {
    name: 'query of pins',
    shape: 'json',
    samples: json({
      cid: cid.toString(),
      name: 'model',
      match: 'ipartial',
      status: 'pinned,failed',
      before: '2026-01-01T00:00:00Z',
      limit: '5',
      meta: '{"app":"x"}'
    }),
    throws: [PinRefusal],
    cost: COST,
    decode: (bytes) => selectRequests([request], parsePinQuery(parsed(bytes))),
    check: ({ count, page }: { count: number; page: unknown[] }) => assert.ok(count <= 1 && page.length <= count)
  }
]
