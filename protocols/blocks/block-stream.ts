import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { framesOf } from '../frames.ts'
import { endStream } from '../run-streams.ts'
import { MAX_BLOCK_BYTES, SILENCE_MS, WINDOW } from './constants.ts'

type Answer = PromiseWithResolvers<Uint8Array | undefined>

/** Asks one peer for blocks, several at a time. Once anything went wrong it has no answer to anything. */
export class BlockStream {
  readonly #stream: Stream
  readonly #frames: LengthPrefixedStream
  /** Requests that are not written yet. As long as the number of callers that wait. */
  readonly #waiting: { readonly cid: Uint8Array; readonly answer: Answer }[] = []
  /** Written requests, in the order of their answers. */
  readonly #asked: Answer[] = []
  readonly #silence: NodeJS.Timeout
  #isOver = false
  #isReading = false

  /** `silenceMs`: for how long the peer may send nothing while it is asked for something. */
  constructor(stream: Stream, silenceMs: number = SILENCE_MS) {
    this.#stream = stream
    this.#frames = framesOf(stream, MAX_BLOCK_BYTES)
    this.#silence = setTimeout(() => {
      if (this.#asked.length > 0) this.#fail(new Error(`silent for ${silenceMs} ms`))
    }, silenceMs).unref()
    stream.addEventListener('message', () => this.#silence.refresh())
    stream.addEventListener('remoteCloseWrite', () => this.#end(), { once: true })
    stream.addEventListener('close', () => this.#end(), { once: true })
  }

  /** The bytes that the peer sends for a CID (its bytes), unchecked; undefined where it has none, or does not answer. */
  async get(cid: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#isOver) return
    const answer: Answer = Promise.withResolvers()
    this.#waiting.push({ cid, answer })
    this.#ask()
    return answer.promise
  }

  /** Ends the stream; whoever waits gets no answer. May be called twice. */
  async close(): Promise<void> {
    this.#end()
    await endStream(this.#stream)
  }

  #ask(): void {
    while (this.#asked.length < WINDOW && this.#waiting.length > 0) {
      const { cid, answer } = this.#waiting.shift()!
      if (this.#asked.push(answer) === 1) this.#silence.refresh()
      this.#frames.write(cid).catch((error: Error) => this.#fail(error))
    }
    if (this.#isReading || this.#asked.length === 0) return
    this.#isReading = true
    this.#read().catch((error: Error) => this.#fail(error))
  }

  async #read(): Promise<void> {
    while (this.#asked.length > 0) {
      const bytes = (await this.#frames.read()).subarray()
      this.#asked.shift()?.resolve(bytes.byteLength === 0 ? undefined : bytes)
      this.#ask()
    }
    this.#isReading = false
  }

  #fail(error: Error): void {
    this.#stream.abort(error)
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#silence)
    for (const { resolve } of this.#asked.splice(0)) resolve(undefined)
    for (const { answer } of this.#waiting.splice(0)) answer.resolve(undefined)
  }
}
