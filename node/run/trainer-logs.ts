import type { CID } from 'multiformats/cid'
import type { CheckpointNews } from '../../protocols/envelope/index.ts'
import type { Peer } from '../peer.ts'
import type { DiskTrouble } from './disk-trouble.ts'
import { EventLog, type EventLogListeners } from './event-log.ts'
import { RECORDS_FILE, RecordLog } from './record-log.ts'

export interface TrainerLogsInit {
  readonly home: Pick<Peer['home'], 'path'>
  /** Run id, text form. */
  readonly run: string
  readonly trouble: DiskTrouble
}

/** What a trainer writes down in its home: its rounds, what has left the machine, and signed records, own and heard. */
export class TrainerLogs {
  readonly #run: string
  readonly #events: EventLog
  readonly #outbound: EventLog
  /** Signed records as they travelled, for `starling history`. */
  readonly records: RecordLog

  constructor({ home, run, trouble }: TrainerLogsInit) {
    const listeners = (name: string): EventLogListeners => ({
      onError: (error) => trouble.failed(name, error),
      onWritten: () => trouble.stored(name)
    })
    const open = (name: string) => new EventLog(home.path(name), listeners(name))
    this.#run = run
    this.#events = open('events.jsonl')
    this.#outbound = open('outbound.jsonl')
    this.records = new RecordLog(home.path(RECORDS_FILE), run, listeners(RECORDS_FILE))
  }

  round(line: object): void {
    this.#events.append(line)
  }

  fetchFailed(peer: string, reason: string): void {
    this.#events.append({ t: Date.now(), run: this.#run, fetchFailed: peer, reason })
  }

  /** `bytes`: header and payload. `isRecorded`: the header is history too. */
  published(seq: number, bytes: number, header: Uint8Array, isRecorded: boolean): void {
    this.#outbound.append({ t: Date.now(), what: 'delta', run: this.#run, seq, bytes })
    if (isRecorded) this.records.appendOwn('delta', header)
  }

  /** A checkpoint or seal of this peer's own, which is about to be announced. */
  announced(what: 'checkpoint' | 'seal', root: CID, record: Uint8Array): void {
    this.#outbound.append({ t: Date.now(), what, run: this.#run, root: root.toString() })
    this.records.appendOwn(what, record)
  }

  /** A checkpoint or seal of somebody else's. */
  heard({ seal, bytes }: CheckpointNews): void {
    this.records.append(seal === undefined ? 'checkpoint' : 'seal', bytes)
  }

  async close(): Promise<void> {
    await this.#events.close()
    await this.#outbound.close()
    await this.records.close()
  }
}
