/**
 * Averaging alone, without training, for many peers: how fast they agree, and what it costs.
 *
 * `runConsensus` is the closing phase of a run on any topology of `../topologies`. Epidemic learning as published (de Vos
 * et al. 2023), which sends whole models, is `{ topology: 'el-oracle:6', codec: 'f32' }`, or `el-local:6`. `runPushSum` is
 * for links that work one way only, which real runs do not have.
 *
 * @example
 * ```ts
 * import { runConsensus } from './node/simulate/consensus/index.ts'
 *
 * const { rounds, ratio, bytes } = await runConsensus({ seed: 1, peers: 16, dimension: 10, topology: 'regular:6' })
 * ```
 */
export { ConsensusSizeError, PushSumOptionsError } from './errors.ts'
export { type PushSumOptions, type PushSumRule, runPushSum } from './push-sum.ts'
export {
  AGREED_RATIO,
  type ConsensusHooks,
  type ConsensusOptions,
  type ConsensusResult,
  type ConsensusRound,
  runConsensus
} from './run-consensus.ts'
