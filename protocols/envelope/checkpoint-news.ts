import {
  MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  parseCheckpointAnnouncement,
  type SignedCheckpointAnnouncement
} from './checkpoint.ts'
import { envelopeType } from './envelope.ts'
import { parseSeal, type Seal } from './seal.ts'

/** That there is a checkpoint: by its author's announcement, or by one of the seals of the run's last one. */
export interface CheckpointNews extends SignedCheckpointAnnouncement {
  /** Where the news is a seal, the seal; `announcement` then says the same as far as it can. */
  readonly seal?: Seal
}

/** Reads an announcement or a seal from a stranger and checks its signature. Throws `InvalidRecordError`. */
export async function parseCheckpointNews(bytes: Uint8Array): Promise<CheckpointNews> {
  if (envelopeType(bytes, MAX_CHECKPOINT_ANNOUNCEMENT_BYTES) !== 'seal') return parseCheckpointAnnouncement(bytes)
  const { seal, hash } = await parseSeal(bytes)
  const { run, author, checkpoint, round, createdAt, metrics } = seal
  const { accuracy, rmse } = metrics ?? {}
  const announcement = {
    run,
    author,
    checkpoint,
    seq: 0,
    round,
    phase: 'done' as const,
    createdAt,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(rmse === undefined ? {} : { rmse })
  }
  return { announcement, seal, bytes, hash }
}
