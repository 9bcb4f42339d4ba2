/** Records that travel signed or named by their hash, and the invite. */
import assert from 'node:assert/strict'
import * as dagCbor from '@ipld/dag-cbor'
import { base32 } from 'multiformats/bases/base32'
import { concat } from 'uint8arrays/concat'
import { invitedMembers } from '../../node/run/locate-run.ts'
import {
  type Envelope,
  encodeCheckpoint,
  encodeCheckpointProof,
  encodeInvite,
  encodeManifest,
  InvalidRecordError,
  type Invite,
  InviteError,
  openEnvelope,
  parseBeacon,
  parseCheckpoint,
  parseCheckpointAnnouncement,
  parseCheckpointNews,
  parseCheckpointProof,
  parseDeltaHeader,
  parseInvite,
  parseManifest,
  parseSeal,
  recordHash,
  sealBeacon,
  sealCheckpointAnnouncement,
  sealDeltaHeader,
  signSeal
} from '../../protocols/envelope/index.ts'
import { encodeEquivocationProof, parseEquivocationProof } from '../../protocols/topics/index.ts'
import * as sample from '../unit/protocols/envelope/samples.ts'
import type { Decoder } from './decoder.ts'

const THROWS = [InvalidRecordError]

/** What was read is written and read again: the same. */
function survives<T>(encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => T) {
  return (value: T) => assert.deepEqual(decode(encode(value)), value)
}

const checksummed = (bytes: Uint8Array): Uint8Array => concat([bytes, recordHash(bytes).subarray(0, 4)])
const inviteText = (bytes: Uint8Array): string => `starling1${base32.encode(checksummed(bytes))}`
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const manifests = [
  sample.manifest,
  { ...sample.manifest, training: { ...sample.manifest.training, optimiser: 'sgd' as const, momentum: 0 } },
  { ...sample.manifest, ext: { note: [1, 'two', { three: null }] }, name: 'ünï' }
]

const invites: Invite[] = [
  sample.invite,
  {
    ...sample.invite,
    network: 'a-1',
    addresses: [
      '/ip6/::1/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
      '/dns4/peer.example/tcp/443/tls/ws/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
    ]
  }
]

async function sealedSamples() {
  const { key, deltaHeader, announcement, beacon } = sample
  const first = await sealDeltaHeader(deltaHeader, key)
  const start = await sealDeltaHeader(
    { ...deltaHeader, seq: 0, prev: null, codec: 'f32', payload: { ...deltaHeader.payload, bytes: 2600 } },
    key
  )
  const other = await sealDeltaHeader({ ...deltaHeader, steps: 23 }, key)
  return {
    headers: [first, start],
    announcements: [await sealCheckpointAnnouncement(announcement, key)],
    seals: [await signSeal(sample.seal, key)],
    beacons: [await sealBeacon(beacon, key), await sealBeacon({ ...beacon, head: null, addresses: [] }, key)],
    proofs: [encodeEquivocationProof(first, other)]
  }
}

/** A decoder for whole envelopes, and one for bodies in an envelope that is whole. */
function sealedDecoders(
  name: string,
  type: string,
  samples: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Promise<unknown>
): Decoder[] {
  const { body: first, signature } = openEnvelope(samples[0]!, { type, maxBytes: 4096 })
  const wrap = (body: Uint8Array) => dagCbor.encode({ v: 1, type, body, signature })
  return [
    { name, shape: 'cbor', samples, throws: THROWS, decode },
    { name: `${name} body`, shape: 'cbor', samples: [first], throws: THROWS, decode, wrap }
  ]
}

export async function recordDecoders(): Promise<Decoder[]> {
  const { headers, announcements, seals, beacons, proofs } = await sealedSamples()
  return [
    {
      name: 'envelope',
      shape: 'cbor',
      samples: headers,
      throws: THROWS,
      decode: (bytes) => openEnvelope(bytes, { type: 'delta', maxBytes: 2048 }),
      check: survives<Envelope>(dagCbor.encode, (bytes) => openEnvelope(bytes, { type: 'delta', maxBytes: 2048 }))
    },
    {
      name: 'run manifest',
      shape: 'cbor',
      samples: manifests.map(encodeManifest),
      throws: THROWS,
      decode: parseManifest,
      check: survives(encodeManifest, parseManifest)
    },
    {
      name: 'checkpoint manifest',
      shape: 'cbor',
      samples: [
        encodeCheckpoint(sample.checkpoint),
        encodeCheckpoint({ ...sample.checkpoint, parents: [], metrics: [] }),
        encodeCheckpoint(sample.sealedCheckpoint)
      ],
      throws: THROWS,
      decode: parseCheckpoint,
      check: survives(encodeCheckpoint, parseCheckpoint)
    },
    {
      name: 'checkpoint proof',
      shape: 'cbor',
      samples: [encodeCheckpointProof(sample.proof)],
      throws: THROWS,
      decode: parseCheckpointProof,
      check: survives(encodeCheckpointProof, parseCheckpointProof)
    },
    ...sealedDecoders('delta header', 'delta', headers, parseDeltaHeader),
    ...sealedDecoders('checkpoint announcement', 'checkpoint', announcements, parseCheckpointAnnouncement),
    ...sealedDecoders('seal', 'seal', seals, parseSeal),
    {
      name: 'checkpoint news',
      shape: 'cbor',
      samples: [...announcements, ...seals],
      throws: THROWS,
      decode: parseCheckpointNews
    },
    ...sealedDecoders('beacon', 'beacon', beacons, parseBeacon),
    {
      name: 'equivocation proof',
      shape: 'cbor',
      samples: proofs,
      throws: THROWS,
      decode: parseEquivocationProof
    },
    {
      name: 'invite text',
      shape: 'bytes',
      samples: invites.map((invite) => utf8(encodeInvite(invite))),
      throws: [InviteError],
      decode: (bytes) => parseInvite(fromUtf8(bytes)),
      check: survives(
        (invite: Invite) => utf8(encodeInvite(invite)),
        (bytes) => parseInvite(fromUtf8(bytes))
      )
    },
    {
      // With a checksum that is right: what a hostile maker of invites can do. Then what `join` does with it.
      name: 'invite',
      shape: 'cbor',
      samples: invites.map((invite) => dagCbor.encode(invite)),
      throws: [InviteError],
      wrap: (mutated) => utf8(inviteText(mutated)),
      decode: (bytes) => {
        const invite = parseInvite(fromUtf8(bytes))
        return { invite, members: invitedMembers(invite) }
      }
    }
  ]
}
