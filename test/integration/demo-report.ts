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
  metric: z.literal('accuracy'),
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
      beaconBytes: bytes,
      rssBytes: bytes.min(1),
      trainingShare: z.number().positive().max(1),
      roundGapMs: z.strictObject({ median: z.number().positive(), longest: z.number().positive() })
    })
  )
})
