/** Blocks that a stranger may have made, read from a store in memory. */
import type { Helia } from '@helia/interface'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'
import { sha256 } from 'multiformats/hashes/sha2'
import { BlockNotFoundError, type ReadBlock, UnsupportedHashError } from '../../storage/block-reader.ts'
import type { PeerBlockstore } from '../../storage/blocks.ts'
import { createDagReader, DagTooLargeError, decodeLinks, InvalidBlockError } from '../../storage/dag.ts'
import { createFiles, FileTooLargeError, NotAFileError } from '../../storage/files.ts'
import { filled } from '../unit/protocols/envelope/samples.ts'
import type { Decoder } from './decoder.ts'

const MAX_BYTES = 4096

const READ_ERRORS = [
  BlockNotFoundError,
  DagTooLargeError,
  FileTooLargeError,
  InvalidBlockError,
  NotAFileError,
  UnsupportedHashError
]

async function nameOf(code: number, bytes: Uint8Array): Promise<CID> {
  return CID.createV1(code, await sha256.digest(bytes))
}

/** A file of some leaves: the node that holds them together. */
function fileNode(parts: readonly { cid: CID; size: number }[]): Uint8Array {
  const file = new UnixFS({ type: 'file', blockSizes: parts.map(({ size }) => BigInt(size)) })
  const Links = parts.map(({ cid, size }) => ({ Name: '', Hash: cid, Tsize: size }))
  return dagPb.encode(dagPb.prepare({ Data: file.marshal(), Links }))
}

/** Blocks of a small file in two levels, without the root. */
async function leavesAndNode(): Promise<Map<string, Uint8Array>> {
  const blocks = new Map<string, Uint8Array>()
  const put = async (code: number, bytes: Uint8Array) => {
    const cid = await nameOf(code, bytes)
    blocks.set(cid.toString(), bytes)
    return { cid, size: bytes.length }
  }
  const leaves = [await put(raw.code, filled(100, 1)), await put(raw.code, filled(200, 2))]
  await put(dagPb.code, fileNode(leaves))
  return blocks
}

export async function blockDecoders(): Promise<Decoder[]> {
  const blocks = await leavesAndNode()
  const parts = [...blocks].map(([text, { length }]) => ({ cid: CID.parse(text), size: length }))
  const [leaf, other, node] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]]
  const inline = { cid: CID.createV1(raw.code, identity.digest(filled(5, 3))), size: 5 }
  const roots = [
    fileNode([leaf, other, leaf]),
    fileNode([{ cid: node.cid, size: 300 }, leaf, inline]),
    dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', data: filled(50, 7) }).marshal(), Links: [] }))
  ]
  const manifests = [
    dagCbor.encode({ weights: node.cid, model: leaf.cid, bytes: filled(9, 1) }),
    dagCbor.encode([other.cid, { deeper: [inline.cid, null, 1.5] }])
  ]
  const fileRoot = await nameOf(dagPb.code, roots[0]!)
  const manifestRoot = await nameOf(dagCbor.code, manifests[0]!)
  return [
    { name: 'UnixFS file', shape: 'bytes', samples: roots, throws: READ_ERRORS, decode: fileReader(fileRoot, blocks) },
    {
      name: 'DAG of blocks',
      shape: 'cbor',
      samples: manifests,
      throws: READ_ERRORS,
      decode: dagReader(manifestRoot, blocks)
    },
    {
      name: 'links of a dag-pb block',
      shape: 'bytes',
      samples: roots,
      throws: [InvalidBlockError],
      decode: (bytes) => decodeLinks(fileRoot, bytes, () => dagPb)
    },
    {
      name: 'links of a dag-cbor block',
      shape: 'cbor',
      samples: manifests,
      throws: [InvalidBlockError],
      decode: (bytes) => decodeLinks(manifestRoot, bytes, () => dagCbor)
    }
  ]
}

/** Reads blocks from memory; the root's are the mutated ones. */
function readerOf(root: CID, blocks: ReadonlyMap<string, Uint8Array>, mutated: Uint8Array): ReadBlock {
  return async (cid) => {
    if (cid.equals(root)) return mutated
    if (cid.multihash.code === identity.code) return cid.multihash.digest
    if (cid.multihash.code !== sha256.code) throw new UnsupportedHashError(cid)
    const bytes = blocks.get(cid.toString())
    if (bytes === undefined) throw new BlockNotFoundError(cid)
    return bytes
  }
}

/** What the readers ask of Helia: codecs. */
const helia = {
  getCodec: (code: number) => {
    const codec = [dagPb, dagCbor, raw].find((each) => each.code === code)
    if (codec === undefined) throw new Error(`no codec 0x${code.toString(16)}`)
    return codec
  }
} as unknown as Helia

const noBlocks = { has: async () => false } as unknown as PeerBlockstore

const options = { signal: new AbortController().signal, offline: true, maxBytes: MAX_BYTES }

function fileReader(root: CID, blocks: ReadonlyMap<string, Uint8Array>) {
  return (mutated: Uint8Array) => {
    const read = readerOf(root, blocks, mutated)
    return createFiles(helia, read, createDagReader(helia, noBlocks, read)).get(root, options)
  }
}

function dagReader(root: CID, blocks: ReadonlyMap<string, Uint8Array>) {
  return (mutated: Uint8Array) => createDagReader(helia, noBlocks, readerOf(root, blocks, mutated)).fetch(root, options)
}
