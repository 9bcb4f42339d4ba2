import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from './write-file-atomic.ts'

/** Whether the stores were closed in order, and since when their blocks are not known to be good. */
export interface CleanMark {
  readonly clean: boolean
  /** Milliseconds since 1970: every block older than this was flushed or checked. */
  readonly at: number
}

/** What a home without a mark is: nothing is known about any block. */
const UNKNOWN: CleanMark = { clean: false, at: 0 }

/** Reads a mark; a missing or damaged one means that everything has to be checked. */
export async function readCleanMark(path: string): Promise<CleanMark> {
  try {
    return parseCleanMark(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return UNKNOWN
    throw error
  }
}

/** The mark in a file's text; a damaged one vouches for nothing. */
export function parseCleanMark(text: string): CleanMark {
  try {
    const { clean, at } = JSON.parse(text) as Partial<CleanMark>
    return typeof clean === 'boolean' && Number.isFinite(at) ? { clean, at: at! } : UNKNOWN
  } catch {
    return UNKNOWN
  }
}

export async function writeCleanMark(path: string, mark: CleanMark): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(mark)}\n`))
}
