import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { type Decoder, inputOf } from './decoder.ts'

/** Caches fill in the first tenth of a run; what the memory holds after it must not grow. */
const WARM_UP_SHARE = 0.1

/**
 * What one input may make a decoder take in array buffers, beyond so many times its length: a decoded copy, padded and
 * copied again, and what fast-check and this file themselves take. A claimed length is tens of megabytes at least.
 */
const MAX_BUFFERS_BYTES = 8 * 1024 * 1024

/** Undefined values and errors without a reason are counted under these. */
const DAMAGED = 'damaged'

export interface FuzzOptions {
  readonly inputs: number
  readonly seed: number
  /** Where a failure of an earlier run was found, to go there at once. */
  readonly path?: string
  /** Called before every input, so that an input that never ends is known. */
  readonly onInput?: (program: readonly number[], count: number) => void
}

/** What one decoder did with many inputs. */
export interface FuzzReport {
  readonly decoder: string
  readonly seed: number
  readonly inputs: number
  readonly seconds: number
  readonly accepted: number
  /** How often input was refused, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** Bytes alive after a collection: after a tenth of the inputs, and at the end. */
  readonly memory: { readonly before: number; readonly after: number }
  readonly slowestMs: number
  readonly failure?: FuzzFailure
}

export interface FuzzFailure {
  /** With the seed, leads fast-check to the failure. */
  readonly path: string
  readonly error: string
  /** The fewest mutations that still fail, as the input that they come to. */
  readonly inputHex: string
  readonly program: readonly number[]
}

/** Whole numbers that mutations are drawn from; see `inputOf`. */
const program = fc.noBias(fc.array(fc.integer(), { minLength: 2, maxLength: 4 }))

/** Gives a decoder so many mutated inputs. Never throws: a failure is in the report. */
export async function fuzz(decoder: Decoder, options: FuzzOptions): Promise<FuzzReport> {
  const { inputs, seed, path } = options
  const session = new Session(decoder, options)
  const startedAt = performance.now()
  const parameters = { seed, numRuns: inputs, ...(path === undefined ? {} : { path }) }
  const isAsync = isAsynchronous(decoder)
  const result = isAsync
    ? await fc.check(
        fc.asyncProperty(program, (each) => session.runAsync(each)),
        parameters
      )
    : fc.check(
        fc.property(program, (each) => session.run(each)),
        parameters
      )
  return {
    decoder: decoder.name,
    seed,
    inputs: session.count,
    seconds: (performance.now() - startedAt) / 1000,
    accepted: session.accepted,
    refused: Object.fromEntries([...session.refused].sort(([, a], [, b]) => b - a)),
    memory: { before: session.warmBytes, after: liveBytes() },
    slowestMs: session.slowestMs,
    ...(result.failed ? { failure: await describeFailure(decoder, result) } : {})
  }
}

function isAsynchronous(decoder: Decoder): boolean {
  const answer = decoder.decode(inputOf(decoder, [0]))
  if (!(answer instanceof Promise)) return false
  answer.catch(() => {})
  return true
}

async function describeFailure(decoder: Decoder, result: fc.RunDetails<[number[]]>): Promise<FuzzFailure> {
  const [least] = result.counterexample ?? [[]]
  const input = inputOf(decoder, least)
  return {
    path: result.counterexamplePath ?? '',
    error: (await stackOf(decoder, input)) ?? String(result.errorInstance),
    inputHex: Buffer.from(input).toString('hex'),
    program: least
  }
}

/** The failure once more, with its stack; undefined for one that is no error of the decoder or of its check. */
async function stackOf({ decode, check, throws }: Decoder, input: Uint8Array): Promise<string | undefined> {
  try {
    const decoded = await decode(input)
    if (decoded !== undefined) await check?.(decoded as never, input)
  } catch (error) {
    if (error instanceof Error && !throws.some((known) => error instanceof known)) return error.stack
  }
  return undefined
}

/** Counts what a decoder does in one run. */
class Session {
  readonly #decoder: Decoder
  readonly #onInput: FuzzOptions['onInput']
  readonly #warmUp: number
  /** After the last input. */
  #buffers = bufferBytes()
  readonly refused = new Map<string, number>()
  count = 0
  accepted = 0
  warmBytes = 0
  slowestMs = 0

  constructor(decoder: Decoder, { inputs, onInput }: FuzzOptions) {
    this.#decoder = decoder
    this.#onInput = onInput
    this.#warmUp = Math.ceil(inputs * WARM_UP_SHARE)
  }

  run(steps: readonly number[]): void {
    const input = this.#begin(steps)
    const startedAt = performance.now()
    try {
      void this.#accept(this.#decoder.decode(input), input)
    } catch (error) {
      this.#refuse(error)
    }
    this.#end(input, startedAt)
  }

  async runAsync(steps: readonly number[]): Promise<void> {
    const input = this.#begin(steps)
    const startedAt = performance.now()
    try {
      await this.#accept(await this.#decoder.decode(input), input)
    } catch (error) {
      this.#refuse(error)
    }
    this.#end(input, startedAt)
  }

  #begin(steps: readonly number[]): Uint8Array {
    if (this.count === this.#warmUp) this.warmBytes = liveBytes()
    this.count++
    this.#onInput?.(steps, this.count)
    return inputOf(this.#decoder, steps)
  }

  #accept(decoded: unknown, input: Uint8Array): void | Promise<void> {
    if (decoded === undefined) {
      this.#note(DAMAGED)
      return
    }
    this.accepted++
    return this.#decoder.check?.(decoded as never, input)
  }

  #refuse(error: unknown): void {
    if (!this.#decoder.throws.some((known) => error instanceof known)) throw error
    const { reason, fault, code } = error as { reason?: string; fault?: string; code?: string }
    this.#note(reason ?? fault ?? code ?? DAMAGED)
  }

  #end(input: Uint8Array, startedAt: number): void {
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt)
    const buffers = bufferBytes()
    const taken = buffers - this.#buffers
    this.#buffers = buffers
    if (taken > MAX_BUFFERS_BYTES + 16 * input.length) {
      throw new Error(`${taken} bytes were allocated for an input of ${input.length}`)
    }
  }

  #note(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

/** Bytes in array buffers, collected or not. */
function bufferBytes(): number {
  return getHeapStatistics().external_memory
}

let collect: (() => void) | undefined

function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as () => void
  // The first frees the buffers of what it collects in the background; the second waits for that.
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
