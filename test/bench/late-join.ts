import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { dealOut } from '../../node/demo/demo-data.ts'
import { createPeer } from '../../node/peer.ts'
import { locateRun } from '../../node/run/locate-run.ts'
import { TrainerRun } from '../../node/run/trainer-run.ts'
import { startVectorWorker } from '../../node/vectors/index.ts'
import { median } from '../../protocols/averaging/index.ts'
import { parseInvite } from '../../protocols/envelope/index.ts'

const MAIN = fileURLToPath(new URL('../../node/main.ts', import.meta.url))
const LISTEN = '/ip4/127.0.0.1/tcp/0'
const SEED = 5

/** The setting: a million parameters, eight peers that have been under way for a while. */
const PEERS = 8
const MODEL = 'mlp:1024,896'
const ROUNDS_BEFORE = 5
const START_MS = 300_000
const POLL_MS = 200

const run = promisify(execFile)

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

async function benchLateJoin(): Promise<LateJoinResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-late-'))
  const children: ChildProcess[] = []
  try {
    const data = await dealOut(join(folder, 'data'), { data: ['digits'], peers: PEERS + 1, alpha: 1000, seed: SEED })
    const homes = Array.from({ length: PEERS }, (_, i) => join(folder, `home-${i}`))
    const invite = await createRun(homes[0]!, data.parts[0]!, data.label)
    for (const [i, home] of homes.entries()) {
      const listen = i === 0 ? [] : ['--listen', LISTEN]
      const words = ['join', invite, '--home', home, '--data', data.parts[i]!, ...listen]
      children.push(spawn(process.execPath, [MAIN, ...words], { stdio: 'ignore' }))
      if (i === 0) await until('the first peer', async () => (await logOf(home)).includes('rows to train on'))
    }
    await until('rounds', async () =>
      (await Promise.all(homes.map(roundsOf))).every((rounds) => rounds.length > ROUNDS_BEFORE)
    )
    const medianRoundSeconds = median((await Promise.all(homes.map(roundsOf))).flatMap(roundSeconds))!
    return await joinLate(join(folder, 'late'), invite, data.parts[PEERS]!, medianRoundSeconds)
  } finally {
    for (const child of children) await end(child)
    await rm(folder, { recursive: true, force: true })
  }
}

async function createRun(home: string, data: string, label: string): Promise<string> {
  const plan = ['--model', MODEL, '--local-steps', '1', '--rounds', '1000000', '--checkpoint-every', '1000000']
  const words = ['--home', home, '--data', data, '--label', label, ...plan, '--listen', LISTEN, '--yes', '--json']
  const { stdout } = await run(process.execPath, [MAIN, 'create', ...words])
  return (JSON.parse(stdout) as { invite: string }).invite
}

/** A peer in this process, so that what it fetches can be counted. */
async function joinLate(home: string, text: string, data: string, medianRoundSeconds: number): Promise<LateJoinResult> {
  const stopping = new AbortController()
  const invite = parseInvite(text)
  const peer = await createPeer({ home, listen: [LISTEN] })
  const files = await locateRun(peer, invite, AbortSignal.timeout(START_MS))
  const vectors = await startVectorWorker({
    manifest: files.manifestBytes,
    modelJson: files.modelJson,
    initial: new Uint8Array(files.initial.buffer, files.initial.byteOffset, files.initial.byteLength),
    rows: { data, seed: SEED }
  })
  const underWay = new Set<string>()
  let copies = 0
  let atOnce = 0
  const first = Promise.withResolvers<{ receivedBytes: number; mixed: number }>()
  const trainer = new TrainerRun({
    peer,
    run: files,
    network: invite.network,
    invite,
    vectors,
    company: { links: 3, ms: START_MS },
    onFetching: (id, received, total) => {
      underWay.add(id)
      atOnce = Math.max(atOnce, underWay.size)
      if (received < total) return
      copies += 1
      underWay.delete(id)
    },
    onRound: ({ mixed, receivedBytes }) => first.resolve({ receivedBytes, mixed: mixed.length }),
    onNotice: (message) => process.stderr.write(`${message}\n`)
  })
  const startedAt = performance.now()
  await trainer.start()
  const over = trainer.train(stopping.signal)
  try {
    const { receivedBytes, mixed } = await first.promise
    const seconds = (performance.now() - startedAt) / 1000
    const copyBytes = copies * 4 * files.manifest.parameterCount
    return {
      parameters: files.manifest.parameterCount,
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
    stopping.abort()
    await over
    await trainer.stop()
    await vectors.close()
    await peer.stop()
  }
}

async function logOf(home: string): Promise<string> {
  return readFile(join(home, 'peer.log'), 'utf8').catch(() => '')
}

/** When each round was announced, in milliseconds. */
async function roundsOf(home: string): Promise<number[]> {
  const text = await readFile(join(home, 'events.jsonl'), 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line.endsWith('}'))
  return lines
    .map((line) => JSON.parse(line) as { t: number; seq?: number })
    .flatMap(({ t, seq }) => (seq === undefined ? [] : t))
}

function roundSeconds(times: readonly number[]): number[] {
  return times.slice(1).map((t, i) => (t - times[i]!) / 1000)
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${START_MS} ms in vain for ${what}`)
    await delay(POLL_MS)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
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
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json }: { json?: boolean }) => {
      const result = await benchLateJoin()
      process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${describeLateJoin(result)}\n`)
    })
}
