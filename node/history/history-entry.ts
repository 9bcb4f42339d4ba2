import { CID } from 'multiformats/cid'
import {
  type DeltaHeader,
  parseCheckpointAnnouncement,
  parseDeltaHeader,
  parseSeal
} from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import { parseEquivocationProof } from '../../protocols/topics/index.ts'
import type { RecordLine } from '../run/record-log.ts'

/** One signed thing that was published in a run: a line of an auditor's export. */
export interface HistoryEntry {
  readonly kind: RecordLine['kind']
  /** When this peer made or first heard it, milliseconds since 1970; absent where it was not noted. */
  readonly t?: number
  /** Peer id of whoever signed it; of an equivocation, who signed both. The signature was checked. */
  readonly author: string
  readonly round?: number
  readonly phase?: string
  /** Of a delta: its place in the chain, its name, and the SHA-256 of the copy after it. */
  readonly incarnation?: string
  readonly seq?: number
  readonly delta?: string
  readonly stateHash?: string
  readonly loss?: number
  /** Of a checkpoint or a seal: its CID, and what the author measured. */
  readonly checkpoint?: string
  readonly members?: number
  readonly accuracy?: number
  readonly rmse?: number
  /** The author's clock. */
  readonly createdAt?: number
  /** The signed record itself, base64: check it again with any Ed25519. */
  readonly record: string
}

/** Reads a kept record; undefined where its signature or shape is wrong. */
export async function historyEntry(
  line: Pick<RecordLine, 'kind' | 'bytes'> & { readonly t?: number }
): Promise<HistoryEntry | undefined> {
  const bytes = new Uint8Array(Buffer.from(line.bytes, 'base64'))
  const base = { kind: line.kind, ...(line.t === undefined ? {} : { t: line.t }), record: line.bytes } as const
  try {
    return { ...base, ...(await READERS[line.kind](bytes)) }
  } catch {
    return undefined
  }
}

type Read = (bytes: Uint8Array) => Promise<Omit<HistoryEntry, 'kind' | 't' | 'record'>>

const READERS: Readonly<Record<RecordLine['kind'], Read>> = {
  delta: async (bytes) => {
    const { header, cid } = await parseDeltaHeader(bytes)
    return { ...ofDelta(header), delta: cid.toString() }
  },
  checkpoint: async (bytes) => {
    const { author, checkpoint, round, phase, createdAt, accuracy, rmse } = (await parseCheckpointAnnouncement(bytes))
      .announcement
    return {
      author: peerText(author),
      ...present({ round, phase, createdAt, accuracy, rmse }),
      checkpoint: textOf(checkpoint)
    }
  },
  seal: async (bytes) => {
    const { author, checkpoint, round, members, createdAt, metrics } = (await parseSeal(bytes)).seal
    const measured = present({ loss: metrics?.loss, accuracy: metrics?.accuracy, rmse: metrics?.rmse })
    return { author: peerText(author), round, members, createdAt, checkpoint: textOf(checkpoint), ...measured }
  },
  equivocation: async (bytes) => ({ author: peerText((await parseEquivocationProof(bytes)).author) })
}

function ofDelta({ author, incarnation, seq, round, phase, stateHash, loss }: DeltaHeader) {
  return {
    author: peerText(author),
    incarnation: Buffer.from(incarnation).toString('hex'),
    seq,
    round,
    phase,
    stateHash: Buffer.from(stateHash).toString('hex'),
    ...present({ loss })
  }
}

function textOf(cid: Uint8Array): string {
  return CID.decode(cid).toString()
}

/** Without what is absent. */
function present<T extends Readonly<Record<string, unknown>>>(
  fields: T
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
