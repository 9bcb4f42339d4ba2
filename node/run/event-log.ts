import { type FileHandle, open } from 'node:fs/promises'

/** No line is longer: a round with sixteen neighbours takes two thousand. */
const MAX_LINE_BYTES = 64 * 1024

/** Lines that wait for room on a full disk: an hour at three rounds a second. The oldest go first. */
const MAX_WAITING_LINES = 10_000

/**
 * Appends one JSON document a line to a file in the home. A line is in it whole or not at all: what a full disk cut off is
 * taken back, and written again with the next line; what a power cut left of one is taken off. Nothing is lost by an
 * orderly stop.
 */
export class EventLog {
  readonly #path: string
  readonly #onError: (error: Error) => void
  readonly #onWritten: () => void
  #waiting: string[] = []
  #handle: FileHandle | undefined
  #writing: Promise<void> | undefined

  constructor(path: string, { onError, onWritten = () => {} }: EventLogListeners) {
    this.#path = path
    this.#onError = onError
    this.#onWritten = onWritten
  }

  append(event: object): void {
    this.#waiting.push(`${JSON.stringify(event)}\n`)
    if (this.#waiting.length > MAX_WAITING_LINES) this.#waiting.shift()
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async close(): Promise<void> {
    await this.#writing
    if (this.#waiting.length > 0) await this.#write()
    await this.#handle?.close()
    this.#handle = undefined
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    let lines: string[] = []
    try {
      this.#handle ??= await openWhole(this.#path)
      while (this.#waiting.length > 0) {
        lines = this.#waiting.splice(0)
        await appendWhole(this.#handle, lines.join(''))
        lines = []
        this.#onWritten()
      }
    } catch (error) {
      this.#waiting = [...lines, ...this.#waiting].slice(-MAX_WAITING_LINES)
      this.#onError(error as Error)
    }
  }
}

export interface EventLogListeners {
  /** Called at every failed attempt. */
  readonly onError: (error: Error) => void
  readonly onWritten?: () => void
}

/** Opens a log at the end of its last whole line: a power cut may leave half of one. */
async function openWhole(path: string): Promise<FileHandle> {
  const handle = await open(path, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const from = Math.max(0, size - MAX_LINE_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, undefined, from)
    const whole = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1
    if (from + whole < size && (whole > 0 || from === 0)) await handle.truncate(from + whole)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function appendWhole(handle: FileHandle, text: string): Promise<void> {
  const { size } = await handle.stat()
  try {
    await handle.appendFile(text)
  } catch (error) {
    await handle.truncate(size)
    throw error
  }
}
