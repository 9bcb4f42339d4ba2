import { join } from 'node:path'
import type { Command } from 'commander'
import { dealOut } from '../../node/demo/demo-data.ts'
import { median } from '../../protocols/averaging/index.ts'
import { type Invite, parseInvite } from '../../protocols/envelope/index.ts'
import { printResult } from '../print-result.ts'
import { BackgroundFlock, type BackgroundPeer, createRun, until } from './background-peer.ts'
import { prepareJoiner } from './joiner.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']
const SEED = 5

/** The setting: a million parameters, eight peers that have been under way for a while. */
const PEERS = 8
const MODEL = 'mlp:1024,896'
const ROUNDS_BEFORE = 5

export interface LateJoinResult {
  readonly parameters: number
  readonly peers: number
  /** Copies that were fetched until the first mixed round was over, and what they weigh. */
  readonly copies: number
  readonly copyBytes: number
  /** Everything that came through the sockets until then: the run's files, handshakes, gossip, copies, deltas. */
  readonly receivedBytes: number
  readonly bytesPerCopyByte: number
  /** From the moment at which the joiner, whose engine is ready, begins to look for neighbours. */
  readonly secondsToFirstMix: number
  /** Of the eight, before the joiner came. */
  readonly medianRoundSeconds: number
  readonly roundsToFirstMix: number
  /** Neighbours whose copies were mixed in the first round. */
  readonly mixedInFirstRound: number
  /** Largest number of copies that were under way at once. */
  readonly atOnce: number
}

async function benchLateJoin(localSteps: string): Promise<LateJoinResult> {
  await using flock = await BackgroundFlock.create()
  const { folder } = flock
  const data = await dealOut(join(folder, 'data'), { data: ['digits'], peers: PEERS + 1, alpha: 1000, seed: SEED })
  const plan = ['--model', MODEL, '--local-steps', localSteps, '--rounds', '1000000', '--checkpoint-every', '1000000']
  const rows = ['--data', data.parts[0]!, '--label', data.label]
  const invite = await createRun(['--home', join(folder, homeOf(0)), ...rows, ...plan, ...LISTEN])
  const peers: BackgroundPeer[] = []
  for (const [i, part] of data.parts.slice(0, PEERS).entries()) {
    const peer = flock.start(homeOf(i), ['join', invite, '--data', part, ...(i === 0 ? [] : LISTEN)])
    peers.push(peer)
    if (i === 0) await until('the first peer', async () => (await peer.log()).includes('rows to train on'))
  }
  const times = () => Promise.all(peers.map((peer) => peer.rounds()))
  await until('rounds', async () => (await times()).every((rounds) => rounds.length > ROUNDS_BEFORE))
  const medianRoundSeconds = median((await times()).flatMap(roundSeconds))!
  return await joinLate(join(folder, 'late'), parseInvite(invite), data.parts[PEERS]!, medianRoundSeconds)
}

function homeOf(peer: number): string {
  return `home-${peer}`
}

/** A peer in this process, so that what it fetches can be counted. */
async function joinLate(home: string, invite: Invite, data: string, medianRoundSeconds: number) {
  const underWay = new Set<string>()
  let copies = 0
  let atOnce = 0
  const first = Promise.withResolvers<{ receivedBytes: number; mixed: number }>()
  const joiner = await prepareJoiner({
    home,
    invite,
    data,
    seed: SEED,
    links: 1,
    onFetching: (id, received, total) => {
      underWay.add(id)
      atOnce = Math.max(atOnce, underWay.size)
      if (received < total) return
      copies += 1
      underWay.delete(id)
    },
    onRound: ({ mixed, receivedBytes }) => first.resolve({ receivedBytes, mixed: mixed.length })
  })
  const startedAt = performance.now()
  try {
    await joiner.start()
    const { receivedBytes, mixed } = await first.promise
    const seconds = (performance.now() - startedAt) / 1000
    const { parameterCount } = joiner.run.manifest
    const copyBytes = copies * 4 * parameterCount
    return {
      parameters: parameterCount,
      peers: PEERS,
      copies,
      copyBytes,
      receivedBytes,
      bytesPerCopyByte: receivedBytes / copyBytes,
      secondsToFirstMix: seconds,
      medianRoundSeconds,
      roundsToFirstMix: seconds / medianRoundSeconds,
      mixedInFirstRound: mixed,
      atOnce
    }
  } finally {
    await joiner.stop()
  }
}

function roundSeconds(times: readonly number[]): number[] {
  return times.slice(1).map((t, i) => (t - times[i]!) / 1000)
}

function describeLateJoin(result: LateJoinResult): string {
  const { parameters, peers, copies, receivedBytes, bytesPerCopyByte, mixedInFirstRound, atOnce } = result
  const { secondsToFirstMix, medianRoundSeconds, roundsToFirstMix } = result
  return [
    `a late joiner of ${peers} peers with ${parameters} parameters:`,
    `  first mixed round after ${secondsToFirstMix.toFixed(1)} s, ${roundsToFirstMix.toFixed(1)} rounds of ` +
      `${medianRoundSeconds.toFixed(2)} s; ${mixedInFirstRound} copies mixed in it`,
    `  ${(receivedBytes / 1e6).toFixed(1)} MB received, ${bytesPerCopyByte.toFixed(2)} x the ${copies} copies, ` +
      `${atOnce} of them at once`
  ].join('\n')
}

export function addLateJoin(program: Command): void {
  program
    .command('late-join')
    .description('seconds and bytes until a newcomer among eight peers mixes, at a million parameters')
    .option('--local-steps <n>', 'steps in a round: the fewer, the more deltas come while copies do', '8')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ localSteps, json }: { localSteps: string; json?: boolean }) => {
      const result = await benchLateJoin(localSteps)
      printResult(json, result, describeLateJoin(result))
    })
}
