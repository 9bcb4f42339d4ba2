import { median } from '../../protocols/averaging/index.ts'
import type { Start } from '../vectors/index.ts'
import type { Neighbours } from './neighbours.ts'

/** A late joiner starts from the mean of at least this many neighbours' copies, if so many have begun (ALGORITHMS 1). */
const LATE_JOIN_COPIES = 3

/** Longest wait for those copies. */
const LATE_JOIN_MS = 20_000

/** Longest wait for more links to peers that are only known by name: they may be gone, and their dials take seconds. */
const MORE_LINKS_MS = 3000

/** A model older than this many rounds than its neighbours' is left for their mean: it would only hold them back. */
export const RESUME_ROUNDS = 8

/** An own copy of an earlier incarnation. */
export interface SavedCopy {
  readonly round: number
  readonly copy: Uint8Array
}

export interface StartingPoint {
  readonly start: Start
  readonly round: number
  /** For the log; none where the run begins. */
  readonly notice?: string
}

/** A checkpoint of the run, as a copy to start from. */
export interface CheckpointCopy extends SavedCopy {
  /** CID, for the log. */
  readonly name: string
}

export interface StartSources {
  /** Trainers in the run, this one included, as far as it knows. */
  readonly members: () => number
  /** The own copy of an earlier incarnation. */
  readonly saved?: SavedCopy
  /** The newest checkpoint that anybody gives; asked for where no neighbour has begun. Never rejects. */
  readonly checkpoint?: (signal: AbortSignal) => Promise<CheckpointCopy | undefined>
}

/**
 * From where a peer begins: its own copy, unless the neighbours are far ahead of it; their mean; where none of them has
 * begun, the newest checkpoint, for those who trained may be gone; or the initial weights.
 */
export async function chooseStart(
  neighbours: Neighbours,
  { members, saved, checkpoint }: StartSources,
  signal: AbortSignal
): Promise<StartingPoint> {
  const isEmptyHanded = () => neighbours.startedCount > 0 && neighbours.versions.length === 0
  do {
    await copiesOf(neighbours, signal)
    // Never from the initial weights where others have begun: their next deltas lead to another try for their copies.
  } while (saved === undefined && isEmptyHanded() && !signal.aborted)
  const isFarBehind = () => saved === undefined || roundOf(neighbours) > saved.round + RESUME_ROUNDS
  if (isFarBehind() && (await moreLinks(neighbours, members, signal))) await copiesOf(neighbours, signal)
  const theirs = roundOf(neighbours)
  const kept = neighbours.startedCount === 0 && theirs === 0 ? await checkpoint?.(signal) : undefined
  if (kept !== undefined && kept.round > (saved === undefined ? 0 : saved.round + RESUME_ROUNDS)) {
    const notice = `nobody who trains answers: began with checkpoint ${kept.name} of round ${kept.round}`
    return { start: { from: 'copy', copy: kept.copy }, round: kept.round, notice }
  }
  if (saved !== undefined && theirs <= saved.round + RESUME_ROUNDS) {
    const notice = `resumed from the own copy of round ${saved.round}`
    return { start: { from: 'copy', copy: saved.copy }, round: saved.round, notice }
  }
  if (theirs === 0) return { start: { from: 'initial' }, round: 0 }
  const notice = `joined a run under way at round ${theirs}, from the mean of ${neighbours.versions.length} copies`
  return { start: { from: 'neighbours' }, round: theirs, notice }
}

/** Waits for links, and for the copies of who has begun. */
export async function meetAgain(neighbours: Neighbours, signal: AbortSignal): Promise<void> {
  await neighbours.until(() => neighbours.degree > 0, LATE_JOIN_MS, signal)
  await copiesOf(neighbours, signal)
}

/** How far the neighbours are, in the middle. */
export function roundOf(neighbours: Neighbours): number {
  return Math.floor(median(neighbours.versions.map(({ header }) => header.round)) ?? 0)
}

/** Never from one neighbour alone where there are more: the first to answer has named the others. */
async function moreLinks(neighbours: Neighbours, members: () => number, signal: AbortSignal): Promise<boolean> {
  const before = neighbours.startedCount
  if (before === 0) return false
  const wanted = () => Math.min(LATE_JOIN_COPIES, members() - 1)
  await neighbours.until(() => neighbours.startedCount >= wanted(), MORE_LINKS_MS, signal)
  return neighbours.startedCount > before
}

function copiesOf(neighbours: Neighbours, signal: AbortSignal): Promise<boolean> {
  const wanted = () => Math.min(LATE_JOIN_COPIES, neighbours.startedCount)
  return neighbours.until(() => neighbours.versions.length >= wanted(), LATE_JOIN_MS, signal)
}
