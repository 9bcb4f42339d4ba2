/**
 * Who published what in a run, from the signed records that a home holds.
 *
 * ```ts
 * for (const { kind, author, round } of (await runHistory('keeper', 'bafy…')).entries) console.log(kind, author, round)
 * ```
 */
export type { HistoryEntry } from './history-entry.ts'
export { readRecords } from './read-records.ts'
export { type RunHistory, runHistory } from './run-history.ts'
