import { z } from 'zod'
import { parsePolicy } from '../pinning/policy.ts'
import type { Metrics } from '../training/index.ts'

/** Longer than any invite. */
const MAX_INVITE_CHARACTERS = 64 * 1024

const invite = z.string().max(MAX_INVITE_CHARACTERS)
const path = z.string().min(1).max(4096)
const whole = z.number().int().nonnegative()
/** Goes on where the estimate says that memory or disk will not do. */
const force = z.exactOptional(z.boolean())

/** A run to train in. */
export const trainingRequest = z.object({
  role: z.literal('trainer'),
  invite,
  /** Absolute paths: who asks and who reads have different working folders. */
  data: path,
  test: z.exactOptional(path),
  seed: whole,
  waitForLinks: whole,
  waitSeconds: whole,
  lingerSeconds: whole,
  engine: z.exactOptional(z.enum(['wasm', 'cpu'])),
  /** Cores. */
  maxCpu: z.exactOptional(z.number().positive()),
  /** Times of the day to train at, such as `20:00-06:00`. */
  hours: z.exactOptional(z.string().max(4096)),
  pauseOnMetered: z.exactOptional(z.boolean()),
  /** How much of the own chain is kept. */
  history: z.exactOptional(z.enum(['recent', 'all'])),
  force
})

const pinning = z.object({
  role: z.literal('pinner'),
  invite,
  /** Which checkpoints to keep, as `--policy` takes it. */
  policy: z.exactOptional(z.string().max(32).refine(isPolicy, 'must be latest, last:N, every:N or all')),
  force
})

function isPolicy(text: string): boolean {
  try {
    return parsePolicy(text) !== undefined
  } catch {
    return false
  }
}

/** A run that a peer shall take part in, as `starling join` and `start` ask for it. */
export const runRequest = z.discriminatedUnion('role', [trainingRequest, pinning])
export type RunRequest = z.infer<typeof runRequest>
export type TrainingRequest = z.infer<typeof trainingRequest>
export type PinningRequest = z.infer<typeof pinning>

/** How a run ended for this peer. */
export type RunEnd =
  | {
      readonly type: 'done'
      readonly run: string
      readonly rounds: number
      /** On the own held-out rows; null for a peer that has none. */
      readonly metrics: Metrics | null
      /** CID of the newest checkpoint that this peer knows of. */
      readonly checkpoint: string | null
    }
  /** `leave`, by whoever asked for it. */
  | { readonly type: 'left' }
  /** The peer was stopped, with all its runs. */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly message: string; readonly code?: string }

/** What whoever asked for a run hears of it, a line each. */
export type RunEvent =
  | { readonly type: 'joined'; readonly run: string; readonly pid: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string }
  | { readonly type: 'ended'; readonly end: RunEnd }
