/** What happens when half of the peers have played so many rounds. */
export class Timeline {
  readonly #acts = new Map<number, (() => void | Promise<void>)[]>()

  at(round: number, act: () => void | Promise<void>): void {
    this.#acts.set(round, [...(this.#acts.get(round) ?? []), act])
  }

  /** Does what is due up to this round, in the order of rounds and then of planning. */
  async reach(round: number): Promise<void> {
    for (const due of [...this.#acts.keys()].filter((at) => at <= round).sort((a, b) => a - b)) {
      const acts = this.#acts.get(due)!
      this.#acts.delete(due)
      for (const act of acts) await act()
    }
  }
}
