import { StepTooLargeError } from './errors.ts'
import type { Topology } from './topology.ts'
import { MAX_STEP_BYTES } from './topology-limits.ts'

const FLOAT32_BYTES = 4

/** Throws StepTooLargeError where a step on this many rows would take too much memory. */
export function requireStepFits({ activationsPerRow }: Topology, rows: number): void {
  const bytesPerRow = FLOAT32_BYTES * activationsPerRow
  if (rows * bytesPerRow <= MAX_STEP_BYTES) return
  throw new StepTooLargeError(rows, rows * bytesPerRow, MAX_STEP_BYTES, Math.floor(MAX_STEP_BYTES / bytesPerRow))
}
