import type { Phase } from '../../protocols/envelope/index.ts'
import type { Metrics } from '../training/index.ts'

/** What the demo tells a peer process. */
export type DemoCommand =
  | {
      readonly type: 'pin'
      readonly home: string
      /** Run id, text form; the run is in the home already. */
      readonly run: string
      readonly network: string
    }
  | {
      readonly type: 'join'
      readonly home: string
      readonly invite: string
      readonly data: string
      readonly test: string
      readonly seed: number
      /** File for the calls on its vectors, where the run is recorded. */
      readonly recording?: string
    }
  | { readonly type: 'train-alone' }
  /** All are linked: the rounds may begin. Only the demo waits for all, to measure them on equal terms. */
  | { readonly type: 'go' }
  | { readonly type: 'stop' }

/** What a peer process tells the demo. */
export type DemoEvent =
  | { readonly type: 'listening'; readonly id: string; readonly addresses: readonly string[] }
  | {
      readonly type: 'ready'
      readonly id: string
      readonly engine: string
      readonly samples: number
      readonly batch: number
    }
  | { readonly type: 'alone'; readonly metrics: Metrics; readonly ms: number }
  | { readonly type: 'links'; readonly links: number }
  | {
      readonly type: 'progress'
      readonly round: number
      readonly phase: Phase
      readonly loss?: number
      readonly links: number
    }
  | { readonly type: 'done'; readonly rounds: number; readonly metrics: Metrics }
  | {
      readonly type: 'checkpoint' | 'pinned'
      readonly root: string
      readonly round: number
      readonly phase: Phase
      readonly accuracy?: number
      readonly rmse?: number
      /** Members of a sealed one. */
      readonly sealedBy?: number
    }
  /** This trainer derived and signed the run's last checkpoint, over so many members. */
  | { readonly type: 'sealed'; readonly root: string; readonly members: number }
  | { readonly type: 'rss'; readonly bytes: number }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string; readonly code?: unknown }
