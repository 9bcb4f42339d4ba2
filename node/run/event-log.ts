import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** Appends one JSON document a line to a file in the home; nothing is lost by an orderly stop. */
export class EventLog {
  readonly #stream: WriteStream

  constructor(path: string, onError: (error: Error) => void) {
    this.#stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
    this.#stream.on('error', onError)
  }

  append(event: object): void {
    this.#stream.write(`${JSON.stringify(event)}\n`)
  }

  async close(): Promise<void> {
    this.#stream.end()
    await finished(this.#stream).catch(() => {})
  }
}
