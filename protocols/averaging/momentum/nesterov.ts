import type { AimOptions, Momentum } from './momentum.ts'

/**
 * DiLoCo's outer optimiser (Douillard et al. 2023), Nesterov's momentum on the drift: `m = mu * m + Delta`, then
 * `r = phi + step * (Delta + mu * m)`. Every peer remembers its own drift; as all of it is linear, the mean of peers that
 * average completely moves as DiLoCo's one outer optimiser does. Steady gain `step / (1 - mu)`, seven with .7 and .9.
 */
export class NesterovMomentum implements Momentum {
  readonly #mu: number
  readonly #step: number
  readonly #memory: Float32Array

  constructor(length: number, { mu, step }: { readonly mu: number; readonly step: number }) {
    this.#mu = mu
    this.#step = step
    this.#memory = new Float32Array(length)
  }

  aim(target: Float32Array, phi: Float32Array, trained: Float32Array, { driftWeight, isOn }: AimOptions): void {
    const memory = this.#memory
    const step = this.#step
    const mu = isOn ? this.#mu : 0
    for (let i = 0; i < target.length; i++) {
      const drift = driftWeight * (trained[i]! - phi[i]!)
      const remembered = mu * memory[i]! + drift
      memory[i] = remembered
      target[i] = phi[i]! + step * (drift + mu * remembered)
    }
  }

  follow(): void {
    // The drift is all that it learns from, and it has seen that when it aimed.
  }

  reset(): void {
    this.#memory.fill(0)
  }
}
