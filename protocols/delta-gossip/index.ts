/**
 * Announce and pull deltas; follow and verify other peers' chains.
 *
 * ```ts
 * const follower = new ChainFollower({ author, authorBytes, rules, keeper, source, clock, onVersion, onRefused })
 * follower.receive({ header, payload }, clock.now() - rttMs / 2)   // from the link; refused input is only counted
 * follower.version?.header.seq                                      // the version of the public copy that is held
 * ```
 */
export {
  ChainFollower,
  type ChainRules,
  type ChainSource,
  type CopyFault,
  type CopyKeeper,
  type DeltaFrame,
  type ExpectedCopy,
  MAX_GAP_DELTAS,
  type SignedVersion,
  type Version
} from './chain-follower.ts'
export { DeltaService, type DeltaServiceInit, type DeltaSource } from './delta-service.ts'
export { MAX_BLOCK_BYTES, type PayloadBlock, payloadBlocks, payloadRoot } from './payload-root.ts'
