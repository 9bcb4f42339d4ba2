import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { median } from '../../protocols/averaging/index.ts'
import type { RoundEvent } from '../participant/index.ts'

/** A line of `events.jsonl`. */
type EventLine = RoundEvent & {
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly beaconBytes: number
}

/** What a peer's own log says about its flock phase. Times in milliseconds, bytes as DESIGN 7 defines them. */
export interface PeerFigures {
  readonly rounds: number
  /** Created, counted once, closing rounds included. */
  readonly payloadBytes: number
  /** At the sockets. */
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Of those received: beacons, which come by the clock. */
  readonly beaconBytes: number
  /** Wall time of the training phase. */
  readonly trainingMs: number
  /** Wall time in local steps / wall time of the training phase. */
  readonly trainingShare: number
  /** Between consecutive own deltas, after the first link. */
  readonly roundGapMs: { readonly median: number; readonly longest: number }
}

/** Reads the figures of one peer from the `events.jsonl` in its home; a killed peer's last line may be cut. */
export async function readFigures(home: string): Promise<PeerFigures> {
  const text = await readFile(join(home, 'events.jsonl'), 'utf8').catch(() => '')
  const events = text
    .split('\n')
    .flatMap(parseLine)
    .filter(({ seq }) => seq !== undefined)
  const training = events.filter(({ phase }) => phase === 'training')
  const first = training[0]
  const last = training.at(-1)
  const trainMs = training.reduce((sum, event) => sum + event.trainMs, 0)
  const phaseMs = first === undefined || last === undefined ? 0 : last.t + last.waitMs - (first.t - first.trainMs)
  const linked = events.slice(events.findIndex(({ links }) => links > 0))
  const gaps = linked.slice(1).map(({ t }, index) => t - linked[index]!.t)
  return {
    rounds: training.length,
    payloadBytes: events.reduce((sum, event) => sum + event.payloadBytes, 0),
    sentBytes: events.at(-1)?.sentBytes ?? 0,
    receivedBytes: events.at(-1)?.receivedBytes ?? 0,
    beaconBytes: events.at(-1)?.beaconBytes ?? 0,
    trainingMs: phaseMs,
    trainingShare: phaseMs > 0 ? trainMs / phaseMs : 0,
    roundGapMs: { median: median(gaps) ?? 0, longest: gaps.reduce((a, b) => Math.max(a, b), 0) }
  }
}

function parseLine(line: string): EventLine[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as EventLine]
  } catch {
    return []
  }
}
