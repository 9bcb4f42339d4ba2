/**
 * Runs pieces of work one after another, in the order of asking. A failure ends only its own piece. The queue is as
 * long as the number of callers that wait for an answer.
 */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
