import { createRandom } from '../../protocols/averaging/index.ts'
import type { RunManifest } from '../../protocols/envelope/index.ts'
import { averagingRulesOf } from './averaging-rules.ts'
import type { LocalVectorsInit } from './local-vectors.ts'

/** What the vectors of a peer in this run are made of: the same in its worker thread and when a recorded run is replayed. */
export function runVectorsInit(
  { averaging, training }: Pick<RunManifest, 'averaging' | 'training'>,
  peer: Pick<LocalVectorsInit, 'trainer' | 'initial' | 'seed'>
): LocalVectorsInit {
  return {
    ...peer,
    rules: averagingRulesOf(averaging),
    learningRate: training.learningRate,
    random: createRandom(peer.seed).fork('rounding')
  }
}
