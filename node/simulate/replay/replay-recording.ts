import { readFile } from 'node:fs/promises'
import { InvalidRecordingError, parseLine, type RecordedLine } from '../../recording/index.ts'
import { ReplayMismatchError } from './errors.ts'
import { Published } from './published.ts'
import { type Compared, ReplayedPeer } from './replayed-peer.ts'
import { ReplayedRun } from './replayed-run.ts'

/** What was compared, and found equal bit for bit. */
export interface ReplayReport extends Readonly<Compared> {
  readonly peers: number
  readonly seconds: number
}

export interface ReplayHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (compared: Compared) => void
}

/**
 * Plays a recorded run of real peers again in this process: the same rows, seeds, trainer and averaging, and every
 * peer's calls in the order in which they took effect then. Between peers the order is any in which no delta is absorbed
 * before it is published; by the time that messages took, nothing changes but what is in the calls.
 *
 * Everything that the peers signed must come out: each payload, and the hash of each public copy, own or held. Throws
 * ReplayMismatchError with the first difference, InvalidRecordingError, ReplayEngineError, the data's errors and the
 * signal's reason.
 */
export async function replayRecording(folder: string, { signal, onProgress }: ReplayHooks = {}): Promise<ReplayReport> {
  const startedAt = performance.now()
  const peers = await openPeers(folder)
  try {
    while (!peers.every(({ isDone }) => isDone)) {
      let hasMoved = false
      for (const peer of peers) {
        hasMoved = (await peer.advance()) || hasMoved
        signal?.throwIfAborted()
      }
      onProgress?.(total(peers))
      if (!hasMoved) throw standstill(peers)
    }
    return { peers: peers.length, ...total(peers), seconds: (performance.now() - startedAt) / 1000 }
  } finally {
    for (const peer of peers) await peer.close()
  }
}

async function openPeers(folder: string): Promise<ReplayedPeer[]> {
  const { run, peers } = await ReplayedRun.open(folder)
  const lines: RecordedLine[][] = []
  for (const { calls } of peers) lines.push(await readLines(calls))
  const fetched = lines.flat().flatMap((line) => (line.type === 'adopt' ? [[line.author, line.version] as const] : []))
  const published = new Published(fetched)
  return peers.map(
    ({ name, rows }, index) =>
      new ReplayedPeer({
        name,
        lines: lines[index]!,
        published,
        createVectors: (opened) => run.createVectors(rows, opened)
      })
  )
}

/** A killed peer's last line may be cut. Throws InvalidRecordingError. */
async function readLines(path: string): Promise<RecordedLine[]> {
  let number = 0
  try {
    const whole = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    return whole.map((text) => {
      number += 1
      return parseLine(text)
    })
  } catch (error) {
    throw new InvalidRecordingError(path, `line ${number}: ${(error as Error).message}`, error)
  }
}

function standstill(peers: readonly ReplayedPeer[]): ReplayMismatchError {
  const waiting = peers.filter(({ isDone }) => !isDone).map(({ name, awaited }) => `peer ${name} for ${awaited}`)
  return new ReplayMismatchError(`nobody can go on, the recording has gaps: ${waiting.join(', ')}`)
}

function total(peers: readonly ReplayedPeer[]): Compared {
  const sum = (count: (compared: Compared) => number) => peers.reduce((all, { compared }) => all + count(compared), 0)
  return { deltas: sum(({ deltas }) => deltas), heldCopies: sum(({ heldCopies }) => heldCopies) }
}
