import { CID } from 'multiformats/cid'
import { systemClock } from '../../protocols/clock.ts'
import type { SignedCheckpointAnnouncement } from '../../protocols/envelope/index.ts'
import type { Link } from '../../protocols/links/index.ts'
import type { KeptRoot } from '../../storage/index.ts'
import type { Controls, TrainingStatus } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import { NobodyHasItError, parseCid, pinEntry } from './pin-entry.ts'
import type { RunFiles } from './run-files.ts'

/** What a trainer and a pinner both can tell, and what only a trainer can do. */
export interface ControlledRun {
  readonly links: ReadonlyMap<string, Link>
  readonly refusals: ReadonlyMap<string, number>
  readonly announced: SignedCheckpointAnnouncement | undefined
  readonly progress?: TrainingStatus
  pause?(): void
  resume?(): void
}

export interface PeerControlsInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly network: string
  readonly roles: readonly string[]
  readonly running: ControlledRun
  readonly leave: Controls['leave']
}

/** A peer in a run, as its control socket offers it. */
export function createControls(init: PeerControlsInit): Controls {
  const { peer, running, leave } = init
  const startedAt = Date.now()
  const { pins } = peer.storage
  return {
    status: () => ({ ...describePeer(init), startedAt }),
    ...(running.pause === undefined ? {} : { pause: () => running.pause?.() }),
    ...(running.resume === undefined ? {} : { resume: () => running.resume?.() }),
    leave,
    pins: async () => (await pins.list()).map(pinEntry),
    pin: async (root) => pinEntry(await pinRoot(peer, parseCid(root))),
    unpin: async (root) => pins.unkeep(parseCid(root))
  }
}

/** Throws NobodyHasItError when no peer gives the root within the time that one block may take. */
async function pinRoot({ storage, libp2p }: Peer, root: CID): Promise<KeptRoot> {
  const askedAt = systemClock.now()
  await storage.getBlock(root).catch((cause: Error) => {
    if (cause.name !== 'DeadlineError') throw cause
    throw new NobodyHasItError(root, libp2p.getPeers().map(String), systemClock.now() - askedAt, cause)
  })
  return storage.pins.keep(root, { kind: 'other', by: 'user', createdAt: Date.now() })
}

function describePeer({ peer, run, network, roles, running }: PeerControlsInit) {
  const announcement = running.announced?.announcement
  const now = systemClock.now()
  const { manifest } = run
  return {
    v: 1 as const,
    peer: peer.id,
    pid: process.pid,
    roles: [...roles],
    home: peer.home.dir,
    addresses: peer.libp2p.getMultiaddrs().map(String),
    run: { id: run.id.toString(), name: manifest.name, network, parameters: manifest.parameterCount },
    ...(running.progress === undefined ? {} : { training: running.progress }),
    links: [...running.links.values()].map(({ id, rttMs, openedAt }) => ({ peer: id, rttMs, ageMs: now - openedAt })),
    connections: peer.libp2p.getConnections().length,
    ...peer.traffic.totals,
    rssBytes: process.memoryUsage.rss(),
    ...(announcement === undefined
      ? {}
      : {
          checkpoint: {
            root: CID.decode(announcement.checkpoint).toString(),
            round: announcement.round,
            ...(announcement.accuracy === undefined ? {} : { accuracy: announcement.accuracy })
          }
        }),
    refused: Object.fromEntries(running.refusals)
  }
}
