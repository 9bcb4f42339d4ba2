import { CID } from 'multiformats/cid'
import { InvalidRecordError } from '../../protocols/envelope/index.ts'
import { BlockDamagedError, BlockMissingError } from '../../storage/index.ts'
import type { FaultyPart, VerifyFault } from './report.ts'

/** Collects what is wrong, so that one damaged block does not hide another. */
export class Faults {
  readonly found: VerifyFault[] = []

  add(fault: VerifyFault): undefined {
    this.found.push(fault)
  }

  /** What `work` answers; undefined, and a fault, where blocks or records are not what they must be. */
  async check<T>(
    at: { part: FaultyPart; author?: string; cid?: CID },
    work: () => Promise<T> | T
  ): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const { part, author, cid } = at
      // The block below a file's root that is at fault, where it is one.
      const block = error instanceof BlockDamagedError || error instanceof BlockMissingError ? error.cid : cid
      const name = author === undefined ? {} : { author }
      return this.add({
        part,
        ...name,
        ...(block === undefined ? {} : { cid: String(block) }),
        reason: reasonOf(error)
      })
    }
  }
}

/** Everything that reading a block, a file, a record or a model throws is somebody's bytes; other errors are ours. */
function reasonOf(error: unknown): string {
  if (error instanceof InvalidRecordError) return error.message
  const { code, message } = error as Error & { code?: unknown }
  if (typeof code !== 'string' || !code.startsWith('ERR_')) throw error
  return message
}

export function cidOf(bytes: Uint8Array): CID {
  return CID.decode(bytes)
}
