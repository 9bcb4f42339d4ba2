/** The mean of the peers' models weighted by their rows, without keeping the models; sums in float64. */
export class RunningMean {
  readonly #sum: Float64Array
  readonly #shares: readonly number[]

  /** `length`: of each model; `rows`: of each peer. */
  constructor(length: number, rows: readonly number[]) {
    const all = rows.reduce((sum, count) => sum + count, 0)
    this.#shares = rows.map((count) => count / all)
    this.#sum = new Float64Array(length)
  }

  add(peer: number, model: Float32Array): void {
    const share = this.#shares[peer]!
    for (let i = 0; i < model.length; i++) this.#sum[i] = this.#sum[i]! + share * model[i]!
  }

  /** The mean, shape [n]; the next one begins. */
  take(): Float32Array {
    const mean = Float32Array.from(this.#sum)
    this.#sum.fill(0)
    return mean
  }
}
