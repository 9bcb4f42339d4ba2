/**
 * The end of a run: a checkpoint over all members that closed, derived and signed by each of them.
 *
 * ```ts
 * const sealer = new Sealer({ peer, run, state, clock, ask: () => links.keys(), members: () => 8, onSealed, onTrouble })
 * sealer.note(signed)                 // headers as they come over gossip
 * await sealer.begin({ id, ...own })  // after the own last delta; a peer without data begins without a copy
 * ```
 */

export { maxSealedMembers } from './sealed-members.ts'
export { type SealedByThis, Sealer, type SealerInit } from './sealer.ts'
