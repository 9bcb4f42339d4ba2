import { z } from 'zod'

const count = z.number().int().nonnegative()
const fraction = z.number().min(0).max(1)

const link = z.object({
  /** Peer id, text form. */
  peer: z.string(),
  /** Least round trip of the last probes, milliseconds. */
  rttMs: z.number(),
  /** How long the link stands, milliseconds. */
  ageMs: z.number()
})

const training = z.object({
  state: z.enum(['waiting', 'training', 'paused', 'closing', 'done']),
  round: count,
  rounds: count,
  /** Mean training loss of the newest round. */
  loss: z.exactOptional(z.number()),
  /** Milliseconds of the newest round in local steps, and in waiting for neighbours. */
  trainMs: z.exactOptional(z.number()),
  waitMs: z.exactOptional(z.number()),
  engine: z.string(),
  samples: count
})

/** What a running peer tells about itself on its control socket; bytes are counted at its sockets. */
export const peerStatus = z.object({
  v: z.literal(1),
  peer: z.string(),
  pid: count,
  roles: z.array(z.string()),
  home: z.string(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  addresses: z.array(z.string()),
  run: z.object({ id: z.string(), name: z.string(), network: z.string(), parameters: count }),
  /** Absent for a peer without data. */
  training: z.exactOptional(training),
  links: z.array(link),
  connections: count,
  sentBytes: count,
  receivedBytes: count,
  rssBytes: count,
  checkpoint: z.exactOptional(
    z.object({
      root: z.string(),
      round: count,
      accuracy: z.exactOptional(fraction),
      rmse: z.exactOptional(z.number().nonnegative())
    })
  ),
  /** How often input was refused, by reason. */
  refused: z.record(z.string(), count)
})

export type PeerStatus = z.infer<typeof peerStatus>
export type TrainingStatus = z.infer<typeof training>
