import { z } from 'zod'

/** Bytes as a line of JSON carries them. */
const bytes = z.base64().transform((text): Uint8Array => new Uint8Array(Buffer.from(text, 'base64')))

const author = z.string().min(1)
const count = z.int().min(0)
const version = z.strictObject({ incarnation: bytes, seq: count, delta: bytes })

/** What came of a payload or a copy that was given to the vectors: held, or dropped for a fault of its sender. */
const fault = z.optional(z.enum(['wrong-length', 'non-finite', 'state-mismatch', 'gap']))

const start = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('initial') }),
  z.strictObject({ from: z.literal('neighbours') }),
  z.strictObject({ from: z.literal('copy'), copy: bytes })
])

const term = z.strictObject({ author, seq: count, weight: z.number(), ownDeltasSince: count })

/**
 * A line of a peer's recording. The first says who it is, `delta` is a header as the peer signed it, everything else is a
 * call on its `Vectors`. Lines stand in the order in which the calls took effect: a `round` where it published.
 */
const recordedLine = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('opened'),
    peer: author,
    incarnation: bytes,
    /** Decides the order of rows and the rounding. */
    seed: count,
    /** Name and version: results are bit-identical only within one. */
    engine: z.string()
  }),
  z.strictObject({ type: z.literal('start'), start }),
  z.strictObject({
    type: z.literal('round'),
    steps: count,
    learningRateFactor: z.number(),
    driftWeight: z.number(),
    withMomentum: z.boolean(),
    outcome: z.enum(['published', 'diverged'])
  }),
  z.strictObject({ type: z.literal('delta'), header: bytes }),
  z.strictObject({ type: z.literal('mix'), terms: z.array(term) }),
  z.strictObject({ type: z.literal('rollBack'), to: z.enum(['neighbours', 'initial']) }),
  z.strictObject({ type: z.literal('absorb'), author, version, fault }),
  z.strictObject({ type: z.literal('adopt'), author, version, fault }),
  z.strictObject({ type: z.literal('adoptInitial'), author }),
  z.strictObject({ type: z.literal('forget'), author }),
  z.strictObject({ type: z.literal('recall'), author })
])

export type RecordedLine = z.output<typeof recordedLine>
export type LineOf<T extends RecordedLine['type']> = Extract<RecordedLine, { type: T }>

/** A line as JSON has it: bytes in base64. */
export function toJson(line: RecordedLine): object {
  return asJson(line) as object
}

function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, asJson(part)]))
}

/** Reads one line. Throws SyntaxError and ZodError for what is none. */
export function parseLine(text: string): RecordedLine {
  return recordedLine.parse(JSON.parse(text))
}
