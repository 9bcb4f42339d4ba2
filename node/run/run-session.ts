import type { CheckpointNews, Invite } from '../../protocols/envelope/index.ts'
import type { LinkStatus, RunStatus, TrainingStatus } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import type { QuotaKeeper } from '../pinning/index.ts'
import type { Metrics } from '../training/index.ts'
import type { RunFiles } from './run-files.ts'

/** A run under way, as its owner sees and steers it: a trainer or a pinner. */
export interface RunningRun {
  readonly state: RunStatus['state']
  readonly links: LinkStatus[]
  readonly refusals: ReadonlyMap<string, number>
  readonly announced: CheckpointNews | undefined
  readonly progress?: TrainingStatus
  /** Checkpoints that are being fetched, the first of them now. */
  readonly wanted?: readonly CheckpointNews[]
  pause?(): void
  resume?(): void
}

/** What a session needs to take part in a run. */
export interface RunSession {
  readonly peer: Peer
  readonly invite: Invite
  /** What all of the peer's blocks may take. */
  readonly quota: QuotaKeeper
  readonly say: (level: 'info' | 'warn', message: string) => void
  /** Fires when this peer shall part from the run. */
  readonly signal: AbortSignal
  /** The run's parts are here. */
  readonly onLocated: (run: RunFiles) => void
  /** The run is under way. */
  readonly onRunning: (running: RunningRun) => void
}

/** How a session ended: to the end of the run, or because the signal fired. */
export type SessionEnd =
  | { readonly type: 'parted'; readonly rounds: number }
  | {
      readonly type: 'done'
      readonly rounds: number
      readonly metrics: Metrics | null
      readonly checkpoint: string | null
    }
