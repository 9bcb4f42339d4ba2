/**
 * Deriving a checkpoint again from the signed copies that it was made of.
 *
 * ```ts
 * const { verdict, faults } = await verifyCheckpoint(inspectBlocks('keeper'), CID.parse('bafy…'))
 * ```
 */
export { combineCopies } from './combine-copies.ts'
export type { FaultyPart, VerifiedAuthor, VerifiedSeal, VerifyFault, VerifyReport } from './report.ts'
export { verifyCheckpoint } from './verify-checkpoint.ts'
export { verifyInHome } from './verify-in-home.ts'
