/**
 * One peer in one run. The network side calls `linkOpened`, `linkClosed` and `receive`; `run` drives the rounds.
 *
 * ```ts
 * const participant = new Participant({ run, manifest, key, incarnation, vectors, clock: systemClock, … })
 * participant.linkOpened(peer)
 * const { end, rounds } = await participant.run({ signal })
 * ```
 */

export type { CheckpointRequest } from './checkpoint-offers.ts'
export { isDone, type Match, type Matching, type MixTime } from './matching.ts'
export type { LinkedPeer, MixedVersion } from './neighbours.ts'
export type { OwnChain } from './own-chain.ts'
export {
  type OwnDelta,
  Participant,
  type ParticipantInit,
  type ParticipantReport,
  type RoundEvent
} from './participant.ts'
export type { CheckpointCopy } from './starting-point.ts'
export { WAIT_FOR_ALL, type WaitRule } from './wait-rule.ts'
