import { MAX_CUT } from '../../../protocols/envelope/index.ts'

/** Memory for the copies that a sealed checkpoint is derived from: 128 members with a million parameters. */
const MAX_SEALED_COPIES_BYTES = 512 * 1024 * 1024

/** Members whose copies a sealed checkpoint of a model of so many parameters takes: the same everywhere, so a matter of the model alone. */
export function maxSealedMembers(parameterCount: number): number {
  return Math.max(1, Math.min(MAX_CUT, Math.floor(MAX_SEALED_COPIES_BYTES / (4 * parameterCount))))
}
