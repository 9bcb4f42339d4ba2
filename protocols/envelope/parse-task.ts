import type { Task } from './manifest.ts'
import { refuseContradictoryTask } from './manifest-contradictions.ts'
import { taskSchema } from './manifest-schema.ts'
import { refusalOf } from './refusal.ts'

/**
 * Reads a task that stands outside of a manifest, such as in an exported model's file, under the manifest's own rules.
 * Throws `InvalidRecordError`.
 */
export function parseTask(value: unknown): Task {
  const result = taskSchema.safeParse(value)
  if (!result.success) throw refusalOf('task', value, result.error)
  refuseContradictoryTask(result.data)
  return result.data
}
