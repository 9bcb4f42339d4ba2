import type { Trainer } from '../../training/index.ts'

/** How a rule combines models when all peers train at once and wait for each other, and what that costs a peer in a round. */
export interface LockStepRule {
  /** What each peer starts the next round from, shape [n] each; several may be the same vector. */
  readonly models: readonly Float32Array[]
  /** Takes a peer's model after local training, shape [n], which is the rule's from now on. */
  take(peer: number, trained: Float32Array): void
  /** Ends the round, once everybody's model was taken. */
  combine(): void
  /** Numbers sent and received by one peer in a round. */
  readonly sent: number
  readonly received: number
}

/** `rows`: of each peer. */
export type CreateRule = (initial: Float32Array, rows: readonly number[]) => LockStepRule

/** A peer in lock-step. */
export interface Client {
  readonly trainer: Trainer
  /** Names the order in which rows are drawn. */
  readonly seed: number
  /** Local steps in a round. */
  readonly steps: number
}

/** One round: everybody trains from its own start, then the rule combines. Rejects with the signal's reason. */
export async function playRound(rule: LockStepRule, clients: readonly Client[], signal?: AbortSignal): Promise<void> {
  for (const [peer, { trainer, seed, steps }] of clients.entries()) {
    signal?.throwIfAborted()
    const model = rule.models[peer]!.slice()
    await trainer.train(model, steps, { seed })
    rule.take(peer, model)
  }
  rule.combine()
}
