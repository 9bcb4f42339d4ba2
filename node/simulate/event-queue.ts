/** Something that happens at a time of the virtual clock. */
export interface Event {
  readonly at: number
  /** Tells events of the same time apart: who asked first comes first. */
  readonly order: number
  /** Removed where the event was called off; it leaves the queue when its time comes. */
  callback: (() => void) | undefined
}

/** Events by time and then by order: a binary heap, so that adding and taking one of n costs O(log n). */
export class EventQueue {
  readonly #heap: Event[] = []

  /** The next event that was not called off. */
  peek(): Event | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === undefined) this.#removeFirst()
    return this.#heap[0]
  }

  add(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  /** Takes the next event that was not called off. */
  take(): Event | undefined {
    const next = this.peek()
    if (next !== undefined) this.#removeFirst()
    return next
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
  }

  /** Puts `event` at the root and lets it sink below everything that is before it. */
  #sink(event: Event): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, event)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = event
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
