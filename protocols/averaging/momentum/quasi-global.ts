import type { AimOptions, Momentum } from './momentum.ts'

/**
 * Quasi-global momentum (Lin et al. 2021, "Quasi-global momentum"): `r = phi + Delta + mu * m`, and after the mix
 * `m = (1 - kappa) * m + kappa * (phi' - phi)`. It sees what the neighbourhood did, not the local gradient, and so
 * needs no agreement between peers whose data differ. Steady gain `1 / (1 - mu)`.
 */
export class QuasiGlobalMomentum implements Momentum {
  readonly #mu: number
  readonly #kappa: number
  readonly #memory: Float32Array

  constructor(length: number, { mu, kappa }: { readonly mu: number; readonly kappa: number }) {
    this.#mu = mu
    this.#kappa = kappa
    this.#memory = new Float32Array(length)
  }

  aim(target: Float32Array, phi: Float32Array, trained: Float32Array, { driftWeight, isOn }: AimOptions): void {
    const memory = this.#memory
    const mu = isOn ? this.#mu : 0
    for (let i = 0; i < target.length; i++) {
      target[i] = phi[i]! + driftWeight * (trained[i]! - phi[i]!) + mu * memory[i]!
    }
  }

  follow(next: Float32Array, phi: Float32Array): void {
    const memory = this.#memory
    const kappa = this.#kappa
    for (let i = 0; i < next.length; i++) memory[i] = (1 - kappa) * memory[i]! + kappa * (next[i]! - phi[i]!)
  }

  reset(): void {
    this.#memory.fill(0)
  }
}
