import type { PrivateKey } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import { authorOf } from './author.ts'
import { openEnvelope, sealEnvelope, verifyEnvelope } from './envelope.ts'
import { InvalidRecordError } from './errors.ts'
import type { RecordKind } from './record-kind.ts'
import { decodeRecord, encodeRecord } from './record-kind.ts'

/** A kind of record that travels in a signed envelope. */
export interface SealedKind<T> extends RecordKind<T> {
  /** The envelope's type, part of what is signed. */
  readonly type: string
  /** Who must have signed it: bytes of a PeerId. */
  readonly signer: (record: T) => Uint8Array
}

export interface OpenedRecord<T> {
  readonly record: T
  readonly body: Uint8Array
}

/** Signs a record in its author's name. Throws {@link InvalidRecordError} and `UnsupportedKeyError`. */
export async function sealRecord<T>(kind: SealedKind<T>, record: T, privateKey: PrivateKey): Promise<Uint8Array> {
  const author = authorOf(privateKey)
  const body = encodeRecord(kind, record)
  if (!equals(kind.signer(record), author)) {
    throw new InvalidRecordError('signature', `${kind.name} names another author than the key that should sign it`)
  }
  const bytes = await sealEnvelope(kind.type, body, privateKey)
  if (bytes.length > kind.maxBytes) {
    throw new InvalidRecordError('oversized', `${kind.name} is ${bytes.length} bytes, at most ${kind.maxBytes}`)
  }
  return bytes
}

/** Envelope, body, signature: the cheap checks first. Throws {@link InvalidRecordError} and nothing else. */
export async function openRecord<T>(kind: SealedKind<T>, bytes: Uint8Array): Promise<OpenedRecord<T>> {
  const envelope = openEnvelope(bytes, kind)
  const record = decodeRecord(kind, envelope.body)
  if (!(await verifyEnvelope(envelope, kind.signer(record)))) {
    throw new InvalidRecordError('signature', `${kind.name} was not signed by the author that it names`)
  }
  return { record, body: envelope.body }
}
