import { along } from './along.ts'
import type { Lie } from './lying-vectors.ts'

/** Publishes its honest step `times` as long: model replacement (Bagdasaryan et al. 2020), grossly overdone. */
export function scaling(times: number): Lie {
  return ({ own, ownBefore }) => along(ownBefore, ownBefore, own, times)
}
