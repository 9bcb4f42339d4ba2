import { createPeer, type Peer } from '../../node/peer.ts'
import { locateRun } from '../../node/run/locate-run.ts'
import type { RunFiles } from '../../node/run/run-files.ts'
import { TrainerRun } from '../../node/run/trainer-run.ts'
import { startVectorWorker, type VectorWorker } from '../../node/vectors/index.ts'
import type { Invite } from '../../protocols/envelope/index.ts'
import { PATIENCE_MS } from './background-peer.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']

export interface JoinerInit {
  readonly home: string
  readonly invite: Invite
  readonly data: string
  readonly test?: string
  readonly seed: number
  /** Links to wait for before the first round. */
  readonly links: number
  readonly onFetching?: (peer: string, received: number, total: number) => void
  readonly onRound: (event: RoundOfJoiner, vectors: VectorWorker) => void
  readonly onNotice?: (message: string) => void
}

type RoundOfJoiner = Parameters<NonNullable<ConstructorParameters<typeof TrainerRun>[0]['onRound']>>[0]

/** A peer in this process that joins a run, so that it can be looked into. */
export interface Joiner {
  readonly peer: Peer
  readonly run: RunFiles
  readonly vectors: VectorWorker
  /** Begins to look for neighbours, and trains from then on. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Everything up to the search for neighbours: home, run files, rows, engine. */
export async function prepareJoiner(init: JoinerInit): Promise<Joiner> {
  const { home, invite, data, test, seed, links, onFetching, onRound, onNotice = () => {} } = init
  const stopping = new AbortController()
  const peer = await createPeer({ home, listen: LISTEN })
  const run = await locateRun(peer, invite, AbortSignal.timeout(PATIENCE_MS))
  const vectors = await startVectorWorker({
    manifest: run.manifestBytes,
    modelJson: run.modelJson,
    initial: new Uint8Array(run.initial.buffer, run.initial.byteOffset, run.initial.byteLength),
    rows: { data, seed, ...(test === undefined ? {} : { test }) }
  })
  const trainer = new TrainerRun({
    peer,
    run,
    network: invite.network,
    invite,
    vectors,
    company: { links, ms: PATIENCE_MS },
    ...(onFetching === undefined ? {} : { onFetching }),
    onRound: (event) => onRound(event, vectors),
    onNotice
  })
  let over: Promise<unknown> = Promise.resolve()
  return {
    peer,
    run,
    vectors,
    start: async () => {
      await trainer.start()
      over = trainer.train(stopping.signal)
    },
    stop: async () => {
      stopping.abort()
      await over
      await trainer.stop()
      await vectors.close()
      await peer.stop()
    }
  }
}
