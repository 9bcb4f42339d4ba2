/** What lies on disks: a home's files, blocks, weights, models and tables. Most of it other peers or users have made. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as dagCbor from '@ipld/dag-cbor'
import { privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import { concat } from 'uint8arrays/concat'
import { ConfigError, parseConfig } from '../../node/config.ts'
import { cardDocument, type ModelCard, ModelCardError, parseCard } from '../../node/model-files/model-card.ts'
import {
  buildTopology,
  encodeModelJson,
  InvalidTopologyError,
  parseTopology,
  TopologyTooLargeError,
  UnsupportedLayerError
} from '../../node/training/index.ts'
import { parseJson } from '../../node/training/read-model.ts'
import { parseCleanMark } from '../../storage/clean-mark.ts'
import { parseSavedCopy, type SavedCopy } from '../../storage/copies.ts'
import { decodeOnnx, encodeOnnx, OnnxError, type OnnxGraph } from '../../storage/formats/onnx.ts'
import {
  decodeDescribedSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError
} from '../../storage/formats/safetensors.ts'
import type { Tensor } from '../../storage/formats/tensor.ts'
import { HomeCorruptError, parseHomeVersion } from '../../storage/home.ts'
import { parseHolder } from '../../storage/home-lock.ts'
import { IdentityCorruptError, parseIdentity } from '../../storage/identity-file.ts'
import { encodeKeepDetails, KeptRootCorruptError, keptRootKey, parseKeptRoot } from '../../storage/kept-root.ts'
import { newSwarmKey, parseSwarmKey, type SwarmKey, SwarmKeyCorruptError } from '../../storage/swarm-key.ts'
import { filled, key, run } from '../unit/protocols/envelope/samples.ts'
import { blockDecoders } from './block-decoders.ts'
import type { Decoder } from './decoder.ts'
import { tableDecoders } from './table-decoders.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const json = (...values: unknown[]): Uint8Array[] => values.map((value) => utf8(JSON.stringify(value)))

const tensors: readonly Tensor[] = [
  { name: 'a', shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, at) => at / 3) },
  { name: '1', shape: [], data: Float32Array.of(1) },
  { name: 'empty', shape: [0, 5], data: new Float32Array() }
]
const weights = encodeSafetensors(tensors)
const weightsHeaderBytes = Number(new DataView(weights.buffer).getBigUint64(0, true))

const onnxGraph: OnnxGraph = {
  name: 'g',
  inputs: [{ name: 'x', element: 'float', shape: ['rows', 3] }],
  outputs: [{ name: 'y', element: 'float', shape: ['rows', 3] }],
  nodes: [
    {
      name: 'n',
      operator: 'Clip',
      inputs: ['x'],
      outputs: ['y'],
      attributes: { a: { ints: [1, 2] }, b: { strings: ['c'] } }
    }
  ],
  constants: [...tensors, { name: 'text', shape: [1], data: ['a'] }]
}

const modelCard: ModelCard = {
  task: {
    kind: 'classification',
    label: 'kind',
    columns: [
      { name: 'a', kind: 'number', centre: 1, scale: 2 },
      { name: 'b', kind: 'category', values: ['x', 'y'] }
    ],
    classes: ['wren', 'finch']
  },
  model: { class_name: 'Sequential', config: {} }
}

const WEIGHT_DECODERS: readonly Decoder[] = [
  {
    name: 'safetensors',
    shape: 'bytes',
    samples: [weights, encodeSafetensors([])],
    throws: [SafetensorsError],
    decode: (bytes) => decodeSafetensors(bytes, { maxBytes: 4096 }),
    check: (read: Tensor[]) => assert.deepEqual(decodeSafetensors(encodeSafetensors(read)), read)
  },
  {
    name: 'safetensors header',
    shape: 'json',
    samples: [weights.subarray(8, 8 + weightsHeaderBytes)],
    throws: [SafetensorsError],
    wrap: (header) => {
      const length = new Uint8Array(8)
      new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true)
      return concat([length, header, weights.subarray(8 + weightsHeaderBytes)])
    },
    decode: (bytes) => decodeSafetensors(bytes)
  },
  {
    name: 'safetensors with a description',
    shape: 'bytes',
    samples: [encodeSafetensors(tensors, { a: 'b', c: '{"d":1}' })],
    throws: [SafetensorsError],
    cost: 4,
    decode: decodeDescribedSafetensors
  },
  {
    name: 'ONNX',
    shape: 'bytes',
    samples: [encodeOnnx(onnxGraph, { a: 'b', c: '{"d":1}' })],
    throws: [OnnxError],
    cost: 4,
    decode: decodeOnnx
  },
  {
    name: 'description of a model',
    shape: 'json',
    samples: json(cardDocument({ ...modelCard, run: 'bafy', checkpoint: 'bafy', round: 3 })),
    throws: [ModelCardError],
    decode: (bytes) => parseCard(fromUtf8(bytes)),
    cost: 4,
    check: (card: ModelCard) => {
      const text = JSON.stringify(cardDocument(card))
      assert.equal(JSON.stringify(cardDocument(parseCard(text))), text)
    }
  },
  {
    name: 'model.json',
    shape: 'json',
    // Models that are no plain stacks go through the layers API: layers-model.test.ts.
    samples: ['linear', 'mlp:8,4'].map((spec) => encodeModelJson(buildTopology(spec, 3, 2))),
    throws: [InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError],
    decode: (bytes) => parseTopology(parseJson(bytes))
  }
]

/** The header of a saved copy, in the file that a peer would write around it. */
function savedCopy(header: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, header.length, true)
  const rest = concat([length, header, filled(12, 1)])
  return concat([createHash('sha256').update(rest).digest(), rest])
}

const copyHeader = dagCbor.encode({
  ...{ v: 1, incarnation: filled(16, 3), seq: 7, round: 8, stateHash: filled(32, 4), length: 3 }
})

const keptRoot = keptRootKey(CID.decode(run))

const HOME_DECODERS: readonly Decoder[] = [
  { name: 'saved copy', shape: 'bytes', samples: [savedCopy(copyHeader)], throws: [], decode: parseSavedCopy },
  {
    name: 'saved copy header',
    shape: 'cbor',
    samples: [copyHeader],
    throws: [],
    wrap: savedCopy,
    decode: parseSavedCopy,
    check: ({ incarnation, stateHash, seq, round }: SavedCopy) => {
      assert.ok(incarnation instanceof Uint8Array && stateHash instanceof Uint8Array, 'not bytes')
      assert.ok(seq >= 0 && round >= 0, 'below zero')
    }
  },
  {
    name: 'kept root',
    shape: 'cbor',
    samples: [
      encodeKeepDetails({ kind: 'checkpoint', by: 'policy', createdAt: 1, run: 'bafy', seq: 1, round: 2 }),
      encodeKeepDetails({ kind: 'other', by: 'user', createdAt: 1.5, name: 'mine' })
    ],
    throws: [KeptRootCorruptError],
    decode: (bytes) => parseKeptRoot(keptRoot, bytes)
  },
  {
    name: 'kept root key',
    shape: 'bytes',
    samples: [utf8(keptRoot.toString()), utf8('/pin/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')],
    throws: [KeptRootCorruptError],
    decode: (bytes) => {
      const details = encodeKeepDetails({ kind: 'run', by: 'user', createdAt: 1 })
      return parseKeptRoot(new Key(fromUtf8(bytes)), details)
    }
  },
  {
    name: 'identity file',
    shape: 'bytes',
    samples: [privateKeyToProtobuf(key)],
    throws: [IdentityCorruptError],
    decode: (bytes) => parseIdentity('identity.key', bytes),
    check: (read: typeof key, bytes) => assert.deepEqual(privateKeyToProtobuf(read), bytes)
  },
  {
    name: 'home version',
    shape: 'json',
    samples: json({ version: 1 }),
    throws: [HomeCorruptError],
    decode: (bytes) => parseHomeVersion('home.json', fromUtf8(bytes)),
    check: (version: number) => assert.ok(Number.isSafeInteger(version) && version >= 1)
  },
  {
    name: 'swarm key',
    shape: 'bytes',
    samples: [newSwarmKey().file],
    throws: [SwarmKeyCorruptError],
    decode: (bytes) => parseSwarmKey('swarm.key', fromUtf8(bytes)),
    check: ({ file }: SwarmKey) => assert.equal(file.byteLength, 96)
  },
  {
    name: 'home lock',
    shape: 'json',
    samples: json({ pid: 77, started: 'boot/1', token: '0123456789abcdef' }),
    throws: [],
    decode: (bytes) => parseHolder(fromUtf8(bytes)),
    check: ({ pid, token }: { pid: number; token: string }) => {
      assert.ok(Number.isSafeInteger(pid) && pid > 0 && /^[0-9a-f]{16}$/.test(token))
    }
  },
  {
    name: 'clean mark',
    shape: 'json',
    samples: json({ clean: true, at: 1 }, { clean: false, at: 2.5 }),
    throws: [],
    decode: (bytes) => parseCleanMark(fromUtf8(bytes))
  },
  {
    name: 'home configuration',
    shape: 'json',
    samples: json(
      { listen: '/ip4/0.0.0.0/tcp/4801', remembered: { network: 'public', networks: {} } },
      { services: { backup: { endpoint: 'https://pins.example.org', tokenFile: 'token' } } },
      {}
    ),
    throws: [ConfigError],
    decode: (bytes) => parseConfig('config.json', fromUtf8(bytes))
  }
]

export async function fileDecoders(): Promise<Decoder[]> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-fuzz-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const table = join(folder, 'table.csv')
  return [
    ...WEIGHT_DECODERS,
    ...HOME_DECODERS,
    ...(await blockDecoders()),
    ...tableDecoders((bytes) => {
      writeFileSync(table, bytes)
      return table
    })
  ]
}
