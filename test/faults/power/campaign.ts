import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CID } from 'multiformats/cid'
import { readRunFiles } from '../../../node/run/run-files.ts'
import { createStorage, openHome, openStores } from '../../../storage/index.ts'
import { randomFrom } from '../../integration/random.ts'
import { LABEL, writeBlobs } from '../../integration/tables.ts'
import { atExit } from '../at-exit.ts'
import { readPins } from '../crash/inspect-home.ts'
import { DiskImage } from './disk-image.ts'

const MAIN = fileURLToPath(new URL('../../../node/main.ts', import.meta.url))
const run = promisify(execFile)

/** A cut comes within so long after the one before. */
const BETWEEN_MS = 2000
const START_MS = 120_000
const POLL_MS = 50

/** So often the peer is started again in what a cut has left, as its owner would. */
const RESTART_EVERY = 10

export interface PowerCutInit {
  readonly folder: string
  readonly cuts: number
  readonly seed: number
  readonly onCut?: (number: number, found: CutFindings) => void
}

export interface CutFindings {
  /** Checkpoints that the peer had announced before the cut. */
  readonly announced: number
  /** Pinned roots that were read, all of them whole. */
  readonly pins: number
  /** Blocks that were torn, which the start removed. */
  readonly torn: number
}

export interface PowerCutResult {
  readonly seed: number
  readonly cuts: number
  readonly announced: number
  readonly pinsRead: number
  readonly torn: number
  /** Cuts after which a peer was started in the home and trained on. */
  readonly restarts: number
  readonly violations: readonly string[]
}

/** Cuts the power of a peer that trains and makes checkpoints, again and again, and looks at what is left each time. */
export async function powerCutCampaign(init: PowerCutInit): Promise<PowerCutResult> {
  const { folder, cuts, seed, onCut } = init
  const random = randomFrom(seed)
  const disk = await DiskImage.create(join(folder, 'disk.img'), join(folder, 'disk'))
  const home = join(disk.folder, 'home')
  const violations: string[] = []
  let peer: TrainingPeer | undefined
  let [pinsRead, torn, restarts] = [0, 0, 0]
  try {
    const { invite, id, data } = await createRun(folder, home, seed)
    peer = new TrainingPeer(['join', invite, '--home', home, '--data', data, '--wait-for-links', '0'])
    await peer.says('checkpoint of round')
    for (let cut = 1; cut <= cuts; cut++) {
      await delay(random() * BETWEEN_MS)
      const image = join(folder, 'cut.img')
      const announced = await peer.standStill(() => disk.cut(image))
      const found = await examine(join(folder, 'cut'), image, id, announced, cut % RESTART_EVERY === 0)
      pinsRead += found.pins
      torn += found.torn
      if (cut % RESTART_EVERY === 0) restarts += 1
      violations.push(...found.violations.map((what) => `cut ${cut}: ${what}`))
      onCut?.(cut, found)
    }
    return { seed, cuts, announced: peer.announced.length, pinsRead, torn, restarts, violations }
  } finally {
    await peer?.kill()
    await disk.unmount()
  }
}

async function createRun(folder: string, home: string, seed: number) {
  const data = await writeBlobs(join(folder, 'rows.csv'), 90, seed)
  const plan = ['--label', LABEL, '--model', 'linear', '--rounds', '1000000', '--checkpoint-every', '10', '--yes']
  const words = ['--home', home, '--data', data, ...plan, '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
  const { stdout } = await run(process.execPath, [MAIN, 'create', ...words])
  const { invite, run: id } = JSON.parse(stdout) as { invite: string; run: string }
  return { invite, id: CID.parse(id), data }
}

/** Mounts what the cut left, opens the home in it, and reads all that had been promised. */
async function examine(folder: string, image: string, run: CID, announced: readonly string[], withRestart: boolean) {
  const disk = await DiskImage.mount(image, folder)
  const violations: string[] = []
  let found: CutFindings = { announced: announced.length, pins: 0, torn: 0 }
  try {
    const dir = join(folder, 'home')
    // After a cut its holder is of an earlier boot. Here it only stood still, and lives on.
    await rm(join(dir, 'home.lock'), { force: true })
    found = await readHome(dir, run, announced, violations)
    if (withRestart) await restart(dir)
  } catch (error) {
    violations.push(`the home does not open: ${(error as Error).message}`)
  } finally {
    await disk.unmount()
  }
  return { ...found, violations }
}

async function readHome(
  dir: string,
  run: CID,
  announced: readonly string[],
  violations: string[]
): Promise<CutFindings> {
  const home = await openHome(dir)
  const stores = await openStores(home)
  const storage = await createStorage({ stores })
  try {
    const files = await readRunFiles(storage, run, { keep: false })
    const { pins } = await readPins(storage, files, violations)
    const kept = new Set((await storage.checkpoints.list(run.toString())).map(({ root }) => root.toString()))
    const newest = announced.at(-1)
    if (newest !== undefined && !kept.has(newest))
      violations.push(`checkpoint ${newest} was announced and is not pinned`)
    return { announced: announced.length, pins, torn: stores.check.dropped }
  } finally {
    await storage.close()
    await stores.close()
    await home.close()
  }
}

/** As the owner would, by the home alone; its port is taken here, by the peer that goes on before the cut. */
async function restart(home: string): Promise<void> {
  const peer = new TrainingPeer(['join', '--home', home, '--listen', '/ip4/127.0.0.1/tcp/0'])
  try {
    await peer.says('checkpoint of round')
  } finally {
    await peer.kill()
  }
}

/** A peer that trains alone, and what its log says that it has announced. */
class TrainingPeer {
  readonly announced: string[] = []
  readonly #child: ChildProcess
  #log = ''
  #line = ''

  constructor(words: readonly string[]) {
    this.#child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.once(
      'exit',
      atExit(() => this.#child.kill('SIGKILL'))
    )
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#take(text))
  }

  #take(text: string): void {
    this.#log += text
    const lines = (this.#line + text).split('\n')
    this.#line = lines.pop()!
    for (const line of lines) {
      const [, root] = /checkpoint of round \d+: (\w+)/.exec(line) ?? []
      if (root !== undefined) this.announced.push(root)
    }
  }

  async says(text: string): Promise<void> {
    const deadline = performance.now() + START_MS
    while (!this.#log.includes(text)) {
      const isOver = this.#child.exitCode !== null || performance.now() > deadline
      if (isOver) throw new Error(`no "${text}" in:\n${this.#log.split('\n').slice(-8).join('\n')}`)
      await delay(POLL_MS)
    }
  }

  /** Does something while the peer is stopped. Resolves with what it had announced before that. */
  async standStill(work: () => Promise<void>): Promise<readonly string[]> {
    const announced = [...this.announced]
    this.#child.kill('SIGSTOP')
    try {
      await work()
    } finally {
      this.#child.kill('SIGCONT')
    }
    return announced
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
