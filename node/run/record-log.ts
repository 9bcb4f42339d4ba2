import { EventLog, type EventLogListeners } from './event-log.ts'

/** Of each kind in one start of the process: strangers in an open run can sign as many as they like. */
const MAX_RECORDS = 20_000

/** A line of `records.jsonl`: a signed record as it travelled, for history and for whoever checks signatures later. */
export interface RecordLine {
  /** When this peer made or first heard it, milliseconds since 1970. */
  readonly t: number
  /** Run id. */
  readonly run: string
  readonly kind: RecordLineKind
  /** The sealed record, base64. */
  readonly bytes: string
}

export type RecordLineKind = 'delta' | 'checkpoint' | 'seal' | 'equivocation'

/** Name of the file in a home. */
export const RECORDS_FILE = 'records.jsonl'

/** Keeps signed records that others would no longer give: announcements, seals, proofs of equivocation, sampled headers. */
export class RecordLog {
  readonly #log: EventLog
  readonly #run: string
  readonly #counts = new Map<RecordLineKind, number>()

  constructor(path: string, run: string, listeners: EventLogListeners) {
    this.#log = new EventLog(path, listeners)
    this.#run = run
  }

  /** A record of this peer's own, which no stranger can make more of. */
  appendOwn(kind: RecordLineKind, bytes: Uint8Array): void {
    const line: RecordLine = { t: Date.now(), run: this.#run, kind, bytes: Buffer.from(bytes).toString('base64') }
    this.#log.append(line)
  }

  append(kind: RecordLineKind, bytes: Uint8Array): void {
    const count = this.#counts.get(kind) ?? 0
    if (count >= MAX_RECORDS) return
    this.#counts.set(kind, count + 1)
    this.appendOwn(kind, bytes)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
