/**
 * Gossip of a run: sampled delta headers, checkpoints, beacons and proofs of equivocation.
 *
 * ```ts
 * const topics = new RunTopics({ pubsub, network: 'demo', run: run.toString(), runBytes: run.bytes, onBeacon, … })
 * topics.start()
 * await topics.publish('members', await sealBeacon(beacon, key))
 * ```
 */
export { encodeEquivocationProof, parseEquivocationProof } from './equivocation-proof.ts'
export { RunTopics, type RunTopicsInit, topicOf } from './run-topics.ts'
