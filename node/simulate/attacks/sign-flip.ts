import { along } from './along.ts'
import type { Lie } from './lying-vectors.ts'

/** Publishes its honest step the wrong way round and `times` as long. */
export function signFlip(times: number): Lie {
  return ({ own, ownBefore }) => along(ownBefore, ownBefore, own, -times)
}
