import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Command } from 'commander'
import { CID } from 'multiformats/cid'
import { type DemoData, dealOut } from '../../node/demo/demo-data.ts'
import { loadCheckpoint } from '../../node/run/checkpoints.ts'
import { type Invite, parseInvite } from '../../protocols/envelope/index.ts'
import { printResult } from '../print-result.ts'
import { BackgroundFlock, type BackgroundPeer, createRun, until } from './background-peer.ts'
import { type Joiner, prepareJoiner } from './joiner.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']

/** The setting. */
const JOINERS = 3
const ROUNDS_AFTER = 10

const FLOCK = 5
const ROUNDS_BEFORE = 60

export interface VanishedResult {
  readonly seed: number
  /** Of the checkpoint that the pinner had kept when all trainers were killed. */
  readonly round: number
  /** Its accuracy on the common test rows: the flock's last. */
  readonly flockAccuracy: number
  readonly joiners: readonly {
    /** The copy that its chain starts from is the checkpoint, by SHA-256. */
    readonly isCheckpoint: boolean
    readonly startRound: number
    /** Of its own model after ten rounds, on the same rows. */
    readonly accuracy: number
  }[]
  /** Least accuracy of the joiners less the flock's, in points. */
  readonly worstPoints: number
}

/** Kills every trainer of a run, and measures newcomers who have only the invite of a pinner. */
async function benchVanished(seed: number): Promise<VanishedResult> {
  await using flock = await BackgroundFlock.create()
  const { folder } = flock
  // Parts that are alike, so that any three of them cover all classes.
  const data = await dealOut(join(folder, 'data'), { data: ['digits'], peers: FLOCK + JOINERS, alpha: 1000, seed })
  const plan = ['--model', 'mlp:64,32', '--rounds', '1000000', '--checkpoint-every', '20', ...LISTEN]
  const rows = ['--data', data.parts[0]!, '--label', data.label]
  const invite = await createRun(['--home', join(folder, 'pinner'), ...rows, ...plan])
  const pinner = flock.start('pinner', ['start', invite])
  await until('the pinner', async () => (await pinner.log()).includes('following run'))
  const trainers = data.parts
    .slice(0, FLOCK)
    .map((part, i) => flock.start(`home-${i}`, ['join', invite, '--data', part, ...LISTEN]))
  await until('checkpoints', async () => ((await pinned(pinner))?.round ?? 0) >= ROUNDS_BEFORE)
  await Promise.all(trainers.map((trainer) => trainer.kill()))
  const newest = (await pinned(pinner))!
  return await joinAfter(folder, parseInvite(invite), data, newest, seed)
}

interface Pinned {
  readonly root: string
  readonly round: number
}

/** The checkpoint that a pinner fetched last, by its log. */
async function pinned(pinner: BackgroundPeer): Promise<Pinned | undefined> {
  const found = [...(await pinner.log()).matchAll(/pinned checkpoint (\w+) of round (\d+)/g)].at(-1)
  return found === undefined ? undefined : { root: found[1]!, round: Number(found[2]) }
}

async function joinAfter(folder: string, invite: Invite, data: DemoData, { root, round }: Pinned, seed: number) {
  const accuracies = Array.from({ length: JOINERS }, () => Promise.withResolvers<number>())
  const startRounds: number[] = []
  const joiners = await Promise.all(
    accuracies.map(({ resolve }, i) =>
      prepareJoiner({
        home: join(folder, `joiner-${i}`),
        invite,
        data: data.parts[FLOCK + i]!,
        test: data.test,
        seed: seed + i,
        links: JOINERS - 1,
        onRound: ({ seq, round: at }, vectors) => {
          if (seq === 0) startRounds[i] = at
          if (seq === ROUNDS_AFTER - 1) void vectors.evaluate().then((metrics) => resolve(metrics.accuracy!))
        }
      })
    )
  )
  try {
    const [first] = joiners
    const { weights } = await loadCheckpoint(first!.peer.storage, first!.run, CID.parse(root))
    const flockAccuracy = (await first!.vectors.evaluate(weights)).accuracy!
    await Promise.all(joiners.map((joiner) => joiner.start()))
    const measured = await Promise.all(
      joiners.map(async (joiner, i) => {
        const accuracy = await accuracies[i]!.promise
        return { isCheckpoint: (await startHash(joiner)) === hashOf(weights), startRound: startRounds[i]!, accuracy }
      })
    )
    const worst = Math.min(...measured.map(({ accuracy }) => accuracy))
    return { seed, round, flockAccuracy, joiners: measured, worstPoints: 100 * (worst - flockAccuracy) }
  } finally {
    for (const joiner of joiners) await joiner.stop()
  }
}

/** SHA-256 of the copy that a chain starts from: the first thing in it. */
async function startHash({ peer, run }: Joiner): Promise<string> {
  const [first] = await peer.storage.chains.window(run.id.toString())
  return first?.type === 'snapshot' ? hashOf(await peer.storage.getFile(first.root)) : 'none'
}

function hashOf(copy: Float32Array | Uint8Array): string {
  return createHash('sha256')
    .update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength))
    .digest('hex')
}

function describeVanished({ round, flockAccuracy, joiners, worstPoints }: VanishedResult): string {
  const lines = joiners.map(({ isCheckpoint, startRound, accuracy }) => {
    const from = isCheckpoint ? 'the checkpoint, by hash' : 'NOT the checkpoint'
    return `  began in round ${startRound} with ${from}; after ${ROUNDS_AFTER} rounds ${(100 * accuracy).toFixed(2)} %`
  })
  return [
    `all ${FLOCK} trainers killed; the pinner has the checkpoint of round ${round}, ${(100 * flockAccuracy).toFixed(2)} %`,
    ...lines,
    `  the worst is ${worstPoints.toFixed(2)} points from the flock's last`
  ].join('\n')
}

export function addVanished(program: Command): void {
  program
    .command('vanished')
    .description('newcomers to a run whose trainers were all killed, with a pinner alive')
    .option('--seed <s>', 'decides who has which rows', '1')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ seed, json }: { seed: string; json?: boolean }) => {
      const result = await benchVanished(Number(seed))
      printResult(json, result, describeVanished(result))
    })
}
