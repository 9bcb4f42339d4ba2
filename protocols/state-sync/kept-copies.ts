/** A copy changes every round; so long one stays as it was for who had part of it when its stream broke. */
const KEPT_MS = 30_000

/** Two, for a flock of joiners fetches different versions: each is as long as the model. */
const MAX_KEPT = 2

/** The newest few of something under a name, for a short time. */
export class KeptCopies<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly timer: NodeJS.Timeout }>()

  keep(name: string, value: T): void {
    this.take(name)
    const timer = setTimeout(() => this.#kept.delete(name), KEPT_MS).unref()
    this.#kept.set(name, { value, timer })
    if (this.#kept.size > MAX_KEPT) this.take(this.#kept.keys().next().value!)
  }

  get(name: string): T | undefined {
    return this.#kept.get(name)?.value
  }

  /** Gives it out and keeps it no longer. */
  take(name: string): T | undefined {
    const kept = this.#kept.get(name)
    if (kept === undefined) return undefined
    clearTimeout(kept.timer)
    this.#kept.delete(name)
    return kept.value
  }

  clear(): void {
    for (const name of [...this.#kept.keys()]) this.take(name)
  }
}
