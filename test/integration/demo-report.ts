import { z } from 'zod'

const fraction = z.number().min(0).max(1)
const bytes = z.int().min(0)
const meanAndWorst = z.strictObject({ mean: fraction, worst: fraction })

/** The document of `demo --json`, with precisely these keys: programs read it. */
export const demoReport = z.strictObject({
  run: z.string().startsWith('bafy'),
  engine: z.string().min(1),
  seconds: z.number().positive(),
  checkpoint: z.string().startsWith('bafy'),
  alone: meanAndWorst,
  flock: meanAndWorst,
  server: z.strictObject({ accuracy: fraction }),
  peers: z.array(
    z.strictObject({
      peer: z.string(),
      samples: z.int().min(2),
      rounds: z.int().min(1),
      killed: z.boolean(),
      alone: fraction,
      flock: fraction.nullable(),
      payloadBytes: bytes.min(1),
      sentBytes: bytes.min(1),
      receivedBytes: bytes.min(1),
      rssBytes: bytes.min(1),
      trainingShare: z.number().positive().max(1),
      roundGapMs: z.strictObject({ median: z.number().positive(), longest: z.number().positive() })
    })
  )
})

/** Own arithmetic for a payload's size: one float32 scale for each block of 256, and half a byte a parameter. */
export function int4Bytes(parameters: number): number {
  return 4 * Math.ceil(parameters / 256) + Math.ceil(parameters / 2)
}

/** Parameters of dense layers of these sizes, inputs first: a kernel and a bias each. */
export function denseParameters(...sizes: readonly number[]): number {
  return sizes.slice(1).reduce((sum, units, index) => sum + (sizes[index]! + 1) * units, 0)
}
