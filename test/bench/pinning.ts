import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import type { PinEntry } from '../../node/control/index.ts'
import { parseDiskSize, QuotaKeeper } from '../../node/pinning/index.ts'
import { createStorage, openHome, openStorage, openStores } from '../../storage/index.ts'
import { createInvitedRun } from '../integration/invited-run.ts'
import { randomFrom } from '../integration/random.ts'
import { runJson, start } from '../integration/starling.ts'
import { writeBlobs } from '../integration/tables.ts'
import type { Owner } from '../integration/temporary-folder.ts'
import { waitFor } from '../integration/wait-for.ts'
import { printResult } from '../print-result.ts'
import { putCheckpoint } from '../unit/node/pinning/announced.ts'
import { ownPins, playSharedPins, type SharedPinsResult } from '../unit/storage/shared-pins.ts'

const exec = promisify(execFile)

/** More than it takes. */
const ENDLESS_ROUNDS = '1000000'

/** Followed in the same store. */
const RUNS = ['one', 'two'] as const

/** Between two looks at the disk. */
const LOOK_MS = 500

interface QuotaResult {
  readonly seed: number
  readonly checkpoints: number
  readonly quotaBytes: number
  /** `du` of the blocks: the largest of all looks, and at the end. */
  readonly largestBytes: number
  readonly bytes: number
  readonly looks: number
  /** Rounds of the checkpoints that are kept, newest first. */
  readonly keptRounds: readonly number[]
  /** Rounds of all that were pinned, newest first, as many as are kept. */
  readonly newestRounds: readonly number[]
  /** Kept checkpoints of which a block is missing. */
  readonly broken: number
  /** Lines that say what was dropped. */
  readonly notices: number
  readonly seconds: number
}

/** Real trainers publish checkpoints as fast as they can, and a real pinner keeps all of them within a small quota. */
async function playQuota(checkpoints: number, quota: string, seed: number): Promise<QuotaResult> {
  const startedAt = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'starling-quota-'))
  const cleanUps = new AsyncDisposableStack()
  const t: Owner = { after: (cleanUp) => cleanUps.defer(cleanUp) }
  try {
    const plan = ['--rounds', ENDLESS_ROUNDS, '--checkpoint-every', '4', '--seed', String(seed)]
    const { invite, home } = await createInvitedRun(t, folder, ...plan)
    const pinner = start(t, 'start', invite, '--home', home, '--policy', 'all', '--quota', quota)
    await pinner.says('following run')
    const trainers = []
    for (const name of ['one', 'two']) {
      const data = await writeBlobs(join(folder, `${name}.csv`), 60, seed + name.length)
      const words = [
        '--home',
        join(folder, name),
        '--data',
        data,
        '--listen',
        '/ip4/127.0.0.1/tcp/0',
        '--max-cpu',
        '50%'
      ]
      trainers.push(start(t, 'join', invite, ...words, '--linger-seconds', '0'))
    }
    const pinned = () =>
      [...pinner.stderr.matchAll(/pinned checkpoint \S+ of round (\d+)/g)].map(([, round]) => Number(round))
    const looks: number[] = []
    await waitFor(
      `${checkpoints} checkpoints`,
      async () => {
        looks.push(await diskUsage(join(home, 'blocks')))
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        return pinned().length >= checkpoints
      },
      3_600_000
    )
    for (const trainer of trainers) trainer.kill('SIGKILL')
    for (const trainer of trainers) await trainer.finished
    pinner.kill('SIGINT')
    await pinner.finished
    const rounds = pinned().sort((a, b) => b - a)
    const kept = ((await runJson(t, 'checkpoints', '--home', home)) as PinEntry[]).map(({ round }) => round!)
    return {
      seed,
      checkpoints: rounds.length,
      quotaBytes: parseDiskSize(quota),
      largestBytes: Math.max(...looks),
      bytes: await diskUsage(join(home, 'blocks')),
      looks: looks.length,
      keptRounds: kept,
      newestRounds: rounds.slice(0, kept.length),
      broken: await brokenIn(home),
      notices: pinner.stderr.match(/quota of .* is reached: dropped/g)?.length ?? 0,
      seconds: Math.round((performance.now() - startedAt) / 1000)
    }
  } finally {
    await cleanUps.disposeAsync()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What authors publish: of two runs in turn, with weights of 8 to 120 kB. */
async function playStore(checkpoints: number, quotaText: string, seed: number): Promise<QuotaResult> {
  const startedAt = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'starling-quota-'))
  const home = await openHome(folder, { create: true })
  const stores = await openStores(home)
  const storage = await createStorage({ stores })
  const random = randomFrom(seed)
  const quotaBytes = parseDiskSize(quotaText)
  const quota = new QuotaKeeper({ storage, quotaBytes })
  let notices = 0
  for (const run of RUNS) quota.follow(run, { policy: { type: 'all' }, say: () => notices++ })
  try {
    const looks: number[] = []
    for (let round = 1; round <= checkpoints; round++) {
      const bytes = 8000 + Math.floor(random() * 112_000)
      const run = RUNS[round % RUNS.length]!
      await quota.withRoom({ expected: bytes + 16_384, most: 2 * bytes }, () =>
        putCheckpoint(storage, run, round, bytes)
      )
      looks.push(await diskUsage(join(folder, 'blocks')))
    }
    const lists = await Promise.all(
      RUNS.map(async (run) => (await storage.checkpoints.list(run)).map(({ round }) => round!))
    )
    let broken = 0
    for (const { root } of await storage.pins.list()) await storage.fetchDag(root).catch(() => broken++)
    return {
      seed,
      checkpoints,
      quotaBytes,
      largestBytes: Math.max(...looks),
      bytes: looks.at(-1)!,
      looks: looks.length,
      keptRounds: lists.flat(),
      newestRounds: lists.flatMap((list) => list.map((_, i) => list[0]! - i * RUNS.length)),
      broken,
      notices,
      seconds: Math.round((performance.now() - startedAt) / 1000)
    }
  } finally {
    await storage.close()
    await stores.close()
    await home.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function diskUsage(folder: string): Promise<number> {
  // Files come and go while it looks; then it complains, and is right about the others.
  const { stdout } = await exec('du', ['-s', '--block-size=1', folder]).catch((error: { stdout: string }) => error)
  return Number(stdout.split('\t')[0])
}

async function brokenIn(dir: string): Promise<number> {
  const home = await openHome(dir)
  const storage = await openStorage({ home })
  try {
    let broken = 0
    for (const { root } of await storage.pins.list()) await storage.fetchDag(root).catch(() => broken++)
    return broken
  } finally {
    await storage.close()
    await home.close()
  }
}

async function playPins(operations: number, seed: number): Promise<SharedPinsResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-pins-'))
  const home = await openHome(folder, { create: true })
  const stores = await openStores(home)
  const storage = await createStorage({ stores })
  try {
    return await playSharedPins(stores, ownPins(storage), { operations, seed })
  } finally {
    await storage.close()
    await stores.close()
    await home.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface CampaignOptions {
  readonly seed: string
  readonly json?: boolean
}

export function addPinning(program: Command): void {
  const campaign = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--seed <n>', 'decides rows, weights and orders', '1')
      .option('--json', 'print one JSON document on stdout')
  campaign('pinner-quota', 'a pinner at its quota while trainers publish checkpoint after checkpoint, as processes')
    .option('--checkpoints <n>', 'how many it pins', '100')
    .option('--quota <size>', 'what its blocks may take', '4MB')
    .action(async ({ checkpoints, quota, seed, json }: CampaignOptions & { checkpoints: string; quota: string }) => {
      const result = await playQuota(Number(checkpoints), quota, Number(seed))
      printResult(json, result, describeQuota(result))
    })
  campaign('checkpoint-quota', 'the same in one process: a store at its quota, checkpoint after checkpoint')
    .option('--checkpoints <n>', 'how many it keeps', '1000')
    .option('--quota <size>', 'what its blocks may take', '4MB')
    .action(async ({ checkpoints, quota, seed, json }: CampaignOptions & { checkpoints: string; quota: string }) => {
      const result = await playStore(Number(checkpoints), quota, Number(seed))
      printResult(json, result, describeQuota(result))
    })
  campaign('shared-pins', 'pins that share blocks, added and removed at the same time with sweeps between')
    .option('--operations <n>', 'additions and removals together', '1000')
    .action(async ({ operations, seed, json }: CampaignOptions & { operations: string }) => {
      const result = await playPins(Number(operations), Number(seed))
      const { additions, removals, sweeps, lost } = result
      const text = `${additions} additions, ${removals} removals, ${sweeps} sweeps: ${lost} blocks lost\n`
      printResult(json, result, text)
    })
}

function describeQuota(result: QuotaResult): string {
  const { checkpoints, quotaBytes, largestBytes, bytes, looks, keptRounds, newestRounds, broken, notices } = result
  const isNewest = keptRounds.join() === newestRounds.join()
  return [
    `${checkpoints} checkpoints pinned, quota ${quotaBytes} bytes`,
    `du of the blocks: at most ${largestBytes} (${looks} looks), at the end ${bytes}`,
    `kept ${keptRounds.length}, ${isNewest ? 'the newest ones' : 'not the newest ones'}, ${broken} of them broken`,
    `${notices} lines said what was dropped\n`
  ].join('\n')
}
