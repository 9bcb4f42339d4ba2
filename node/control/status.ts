import { z } from 'zod'

const count = z.number().int().nonnegative()
const fraction = z.number().min(0).max(1)

const link = z.object({
  /** Peer id, text form. */
  peer: z.string(),
  /** Least round trip of the last probes, milliseconds. */
  rttMs: z.number(),
  /** How long the link stands, milliseconds. */
  ageMs: z.number(),
  /** Since the neighbour's newest delta, milliseconds; absent before its first. */
  heardMs: z.exactOptional(z.number()),
  /** True while this peer waits for the neighbour's next delta. */
  isAwaited: z.boolean()
})

const training = z.object({
  /** Until when or why, when it is not the owner who paused. */
  paused: z.exactOptional(z.string()),
  round: count,
  rounds: count,
  /** Mean training loss of the newest round. */
  loss: z.exactOptional(z.number()),
  /** Mean training losses from the first round to the newest, each over as many rounds. */
  lossTrend: z.array(z.number()),
  /** Milliseconds of the newest round in local steps, and in waiting for neighbours. */
  trainMs: z.exactOptional(z.number()),
  waitMs: z.exactOptional(z.number()),
  engine: z.string(),
  samples: count
})

const run = z.object({
  id: z.string(),
  network: z.string(),
  role: z.enum(['trainer', 'pinner']),
  /** Which checkpoints a pinner keeps. */
  policy: z.exactOptional(z.string()),
  state: z.enum(['starting', 'following', 'waiting', 'training', 'paused', 'closing', 'done', 'leaving']),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** Absent until the run's manifest is here. */
  name: z.exactOptional(z.string()),
  parameters: z.exactOptional(count),
  /** Absent for a run without data, and until its rows are read. */
  training: z.exactOptional(training),
  links: z.array(link),
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

/** What a running peer tells about itself on its control socket; bytes are counted at its sockets, for all runs together. */
export const peerStatus = z.object({
  v: z.literal(1),
  peer: z.string(),
  pid: count,
  roles: z.array(z.string()),
  home: z.string(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  addresses: z.array(z.string()),
  /** Fingerprint of the swarm key, in a private network. */
  swarmKey: z.exactOptional(z.string()),
  connections: count,
  sentBytes: count,
  receivedBytes: count,
  rssBytes: count,
  /** What all blocks of the home take on the disk, and may. */
  pinning: z.object({
    quotaBytes: count,
    /** As it was found last; absent before the first look. */
    usedBytes: z.exactOptional(count),
    /** Checkpoints that a policy asked for and that were dropped for room, since the start. */
    droppedForQuota: count,
    /** Where the pinning API is offered. */
    api: z.exactOptional(z.string())
  }),
  /** Every run that this peer is in, the oldest first. */
  runs: z.array(run)
})

export type PeerStatus = z.infer<typeof peerStatus>
export type RunStatus = z.infer<typeof run>
export type LinkStatus = z.infer<typeof link>
export type TrainingStatus = z.infer<typeof training>
