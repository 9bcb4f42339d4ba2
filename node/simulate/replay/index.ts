/**
 * A recorded run of real peers, played again in this process: all public copies must come out the same.
 *
 * ```ts
 * const { deltas, heldCopies } = await replayRecording('recording') // throws ReplayMismatchError at the first difference
 * ```
 */
export { type ReplayHooks, type ReplayReport, replayRecording } from './replay-recording.ts'
