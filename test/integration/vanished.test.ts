import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import type { Peer } from '../../node/peer.ts'
import { DEFAULT_POLICY, parsePolicy, QuotaKeeper } from '../../node/pinning/index.ts'
import { loadCheckpoint } from '../../node/run/checkpoints.ts'
import { PinnerRun } from '../../node/run/pinner-run.ts'
import { type RunFiles, readRunFiles } from '../../node/run/run-files.ts'
import type { Invite } from '../../protocols/envelope/index.ts'
import { atEnd } from '../at-end.ts'
import { type Owner, temporaryFolder } from './temporary-folder.ts'
import { NETWORK, startPeer, startTrainer, type TrainerPeer, writeRun } from './trainer-peer.ts'
import { waitFor } from './wait-for.ts'

interface Pinner {
  readonly peer: Peer
  readonly run: RunFiles
  readonly invite: Invite
  /** Rounds of the checkpoints that it keeps. */
  readonly rounds: number[]
  stop(): Promise<void>
}

async function startPinner(home: string, id: CID): Promise<Pinner> {
  const peer = await startPeer(home)
  const run = await readRunFiles(peer.storage, id)
  const rounds: number[] = []
  const quota = new QuotaKeeper({ storage: peer.storage, quotaBytes: 1e9 })
  quota.follow(id.toString(), { policy: parsePolicy(DEFAULT_POLICY), say: () => {} })
  const pinner = new PinnerRun({
    peer,
    run,
    network: NETWORK,
    policy: parsePolicy(DEFAULT_POLICY),
    quota,
    onPinned: ({ round }) => rounds.push(round),
    onNotice: () => {}
  })
  await pinner.start()
  const addresses = peer.libp2p.getMultiaddrs().map(String)
  const stop = async () => {
    await pinner.stop()
    await peer.stop()
  }
  return { peer, run, invite: { v: 1, run: id.bytes, network: NETWORK, addresses }, rounds, stop }
}

async function joinRun(t: Owner, folder: string, name: string, invite: Invite, seed: number, links: number) {
  const trainer = await startTrainer({ home: join(folder, name), run: invite, seed, links })
  atEnd(t, () => trainer.stop().catch(() => {}))
  return trainer
}

/** SHA-256 of the copy that a peer's chain starts from: the first thing that it stores. */
async function startHash({ peer, run }: TrainerPeer): Promise<string> {
  const [first] = await waitFor('its first snapshot', async () => {
    const window = await peer.storage.chains.window(run.id.toString())
    return window.length > 0 && window
  })
  assert.equal(first!.type, 'snapshot')
  return hashOf(await peer.storage.getFile((first as { root: CID }).root))
}

function hashOf(copy: Float32Array | Uint8Array): string {
  return createHash('sha256')
    .update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength))
    .digest('hex')
}

describe('a run whose trainers have all vanished', () => {
  it('goes on from what a pinner kept, which was itself started anew', async (t) => {
    const folder = await temporaryFolder(t)
    const { home, id } = await writeRun(join(folder, 'run'), { localSteps: 20, checkpointEveryRounds: 5 })
    const first = await startPinner(home, id)
    const trainers = await Promise.all(['a', 'b'].map((name, i) => joinRun(t, folder, name, first.invite, i + 1, 1)))
    await waitFor('checkpoints', () => first.rounds.some((round) => round >= 10))
    for (const trainer of trainers) await trainer.stop()
    await first.stop()

    const pinner = await startPinner(home, id)
    atEnd(t, () => pinner.stop())
    const newcomers = await Promise.all(['c', 'd'].map((name, i) => joinRun(t, folder, name, pinner.invite, i + 7, 1)))
    const latest = await pinner.peer.storage.checkpoints.latest(id.toString())
    for (const newcomer of newcomers) {
      await waitFor('its first rounds', () => newcomer.mixed.size > 0)
      const notice = newcomer.notices.find((line) => line.startsWith('nobody who trains answers'))
      const [, cid, round] = /checkpoint (\S+) of round (\d+)/.exec(notice ?? '') ?? []
      assert.ok(cid !== undefined, `${newcomer.notices}`)
      const { weights } = await loadCheckpoint(newcomer.peer.storage, newcomer.run, CID.parse(cid))
      assert.equal(await startHash(newcomer), hashOf(weights))
      assert.notEqual(await startHash(newcomer), hashOf(newcomer.run.initial), 'not the initial weights')
      assert.equal(cid, latest!.root.toString())
      assert.ok(newcomer.rounds() > Number(round))
    }
  })

  it('begins with the initial weights where a pinner has kept nothing', async (t) => {
    const folder = await temporaryFolder(t)
    const { home, id } = await writeRun(join(folder, 'run'))
    const pinner = await startPinner(home, id)
    atEnd(t, () => pinner.stop())
    const newcomer = await joinRun(t, folder, 'a', pinner.invite, 1, 0)
    assert.equal(await startHash(newcomer), hashOf(newcomer.run.initial))
  })
})
