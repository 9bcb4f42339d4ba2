import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'

/** Multicodec numbers, https://github.com/multiformats/multicodec/blob/master/table.csv */
export const DAG_CBOR_CODEC = 0x71
export const RAW_CODEC = 0x55
const SHA2_256_CODE = 0x12

export const SHA256_BYTES = 32

/** Version, codec and hash code take one byte each below 0x80, and so does the digest's length. */
const CID_PREFIX_BYTES = 4
export const CID_BYTES = CID_PREFIX_BYTES + SHA256_BYTES

/**
 * SHA-256 of a record's body, 32 bytes. It identifies a signed record: the signature is not part of it, so nobody can
 * turn one record into two by signing it again.
 */
export function recordHash(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', body, 'buffer'))
}

/** CIDv1 (dag-cbor, sha2-256) of a DAG-CBOR block, or of a signed record's body. */
export function recordCid(bytes: Uint8Array): CID {
  return CID.createV1(DAG_CBOR_CODEC, create(SHA2_256_CODE, recordHash(bytes)))
}

/**
 * Whether these bytes are a CIDv1 with one of `codecs` and a whole SHA-256, in the one encoding that records use.
 * Bytes are compared, not parsed: two spellings of one CID would be two names of one thing.
 */
export function isCidBytes(value: unknown, codecs: readonly number[]): value is Uint8Array {
  return (
    value instanceof Uint8Array &&
    value.length === CID_BYTES &&
    value[0] === 1 &&
    codecs.includes(value[1]!) &&
    value[2] === SHA2_256_CODE &&
    value[3] === SHA256_BYTES
  )
}
