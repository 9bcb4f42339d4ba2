/** Points of a trend: as many as fit side by side on a terminal, twice over before neighbours are merged. */
const MAX_POINTS = 96

/** How the training loss went from the first round to the newest, in few numbers however long the run is. */
export class LossTrend {
  #points: number[] = []
  #roundsPerPoint = 1
  #sum = 0
  #rounds = 0

  add(loss: number): void {
    this.#sum += loss
    this.#rounds += 1
    if (this.#rounds < this.#roundsPerPoint) return
    this.#points.push(this.#sum / this.#rounds)
    this.#sum = 0
    this.#rounds = 0
    if (this.#points.length === MAX_POINTS) this.#halve()
  }

  /** Mean losses, oldest first, each over as many rounds. */
  get points(): readonly number[] {
    return this.#points
  }

  #halve(): void {
    this.#points = Array.from(
      { length: MAX_POINTS / 2 },
      (_, at) => (this.#points[2 * at]! + this.#points[2 * at + 1]!) / 2
    )
    this.#roundsPerPoint *= 2
  }
}
