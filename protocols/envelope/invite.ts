/**
 * An invite to an open run: `starling1` and, as multibase base32, the DAG-CBOR map `{ v, run, network, addresses, notAfter?, swarmKey? }`
 * followed by four bytes of checksum. People copy it out of mails and chats, so white space and case do not matter and a
 * part that was lost is recognised.
 */
import { base32 } from 'multiformats/bases/base32'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { z } from 'zod'
import { addresses } from './addresses.ts'
import { scanCbor } from './cbor-scan.ts'
import { recordHash } from './content-id.ts'
import { InvalidRecordError } from './errors.ts'
import type { Extensible } from './fields.ts'
import * as field from './fields.ts'
import type { RecordKind } from './record-kind.ts'
import { decodeRecord, encodeRecord } from './record-kind.ts'

const PREFIX = 'starling'
const VERSION = 1
/** Base32 text begins with the multibase letter b, so the version's digits end there. */
const INVITE_PATTERN = /^starling(\d+)(b.*)$/
/** RFC 4648, section 6, in lower case. */
const BASE32_PATTERN = /^[a-z2-7]*$/
/** One mistyped invite in 2^32 goes unnoticed. */
const CHECKSUM_BYTES = 4
/** Sixteen addresses of 256 characters and a run id. */
const MAX_INVITE_BYTES = 5120
/** Base32 takes eight characters for five bytes; the rest is the prefix and white space from a mail. */
const MAX_INVITE_CHARACTERS = 2 * MAX_INVITE_BYTES

/** What a newcomer needs to find a run. */
export interface Invite extends Extensible {
  readonly v: 1
  /** CID of the run's manifest, 36 bytes. */
  readonly run: Uint8Array
  /** Name of the network, a part of its protocol names. */
  readonly network: string
  /** Multiaddrs of peers that can introduce the newcomer. */
  readonly addresses: readonly string[]
  /**
   * When it expires, milliseconds since 1970 on the inviter's clock; absent for one that does not. It keeps forgotten
   * invites from being used, not strangers out of an open run: whoever knows run and address needs no invite.
   */
  readonly notAfter?: number
  /** Fingerprint of the swarm key without which nobody there answers, 8 bytes; absent for a network without. */
  readonly swarmKey?: Uint8Array
}

/** Why a text is not an invite that this version can use. */
export type InviteFault = 'not-an-invite' | 'cut-short' | 'mistyped' | 'other-version' | 'invalid' | 'expired'

/** The text is no usable invite; the message says what is wrong with it and what to do. */
export class InviteError extends Error {
  override readonly name = 'InviteError'
  readonly code = 'ERR_INVALID_INVITE'
  readonly fault: InviteFault

  constructor(fault: InviteFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

const INVITE: RecordKind<Invite> = {
  name: 'invite',
  maxBytes: MAX_INVITE_BYTES,
  version: VERSION,
  schema: z.object({
    v: z.literal(VERSION),
    run: field.recordReference,
    network: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    addresses,
    notAfter: z.exactOptional(field.timeMs),
    swarmKey: z.exactOptional(field.fingerprint),
    ...field.extensible
  })
}

/** The invite as one line of text. Throws {@link InvalidRecordError} when it breaks a rule, e.g. an address is none. */
export function encodeInvite(invite: Invite): string {
  const bytes = encodeRecord(INVITE, invite)
  return `${PREFIX}${VERSION}${base32.encode(concat([bytes, checksum(bytes)]))}`
}

/** Reads what somebody pasted. Throws {@link InviteError} and nothing else. */
export function parseInvite(text: string): Invite {
  const bytes = checkedBytes(decodeText(text))
  try {
    return decodeRecord(INVITE, bytes)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new InviteError('invalid', `the invite arrived whole but cannot be used: ${detail}`, { cause: error })
  }
}

/** Refuses an invite that has expired at `now`, milliseconds since 1970 on the reader's clock. Throws {@link InviteError}. */
export function refuseExpired({ notAfter }: Invite, now: number): void {
  if (notAfter === undefined || now <= notAfter) return
  throw new InviteError(
    'expired',
    `the invite expired at ${new Date(notAfter).toISOString()}, and this computer's clock says ${new Date(now).toISOString()}: ` +
      'ask for a new one, or set the clock if it is wrong'
  )
}

function decodeText(text: string): Uint8Array {
  if (text.length > MAX_INVITE_CHARACTERS) {
    throw new InviteError(
      'not-an-invite',
      `this text has ${text.length} characters, an invite at most ${MAX_INVITE_CHARACTERS}`
    )
  }
  const compact = text.replace(/\s+/g, '').toLowerCase()
  const [, version, encoded] = INVITE_PATTERN.exec(compact) ?? []
  if (version === undefined || encoded === undefined) {
    throw new InviteError('not-an-invite', `this text is no invite: an invite begins with ${PREFIX}${VERSION}b`)
  }
  if (Number(version) !== VERSION) {
    throw new InviteError(
      'other-version',
      `the invite is of version ${version}, this Starling reads ${VERSION}: update it`
    )
  }
  try {
    return base32.decode(encoded)
  } catch (error) {
    // With every character in the alphabet, what base32 misses is the end.
    throw BASE32_PATTERN.test(encoded) ? cutShort(error) : mistyped(error)
  }
}

/** The map's bytes without the checksum. */
function checkedBytes(bytes: Uint8Array): Uint8Array {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (equals(bytes.subarray(body.length), checksum(body))) {
    return body
  }
  throw isCutShort(bytes) ? cutShort() : mistyped()
}

/** The map tells how long it is; only its start is needed to see that its end, or the checksum, is not there. */
function isCutShort(bytes: Uint8Array): boolean {
  try {
    return scanCbor('invite', bytes).end + CHECKSUM_BYTES > bytes.length
  } catch (error) {
    return error instanceof InvalidRecordError && error.reason === 'truncated'
  }
}

function cutShort(cause?: unknown): InviteError {
  return new InviteError('cut-short', 'the end of the invite is missing: copy it again, as one whole line', { cause })
}

function mistyped(cause?: unknown): InviteError {
  return new InviteError('mistyped', 'the invite has a wrong character in it: copy it again rather than type it', {
    cause
  })
}

function checksum(bytes: Uint8Array): Uint8Array {
  return recordHash(bytes).subarray(0, CHECKSUM_BYTES)
}
