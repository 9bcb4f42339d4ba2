import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { peerStatus } from '../../node/control/index.ts'
import { median } from '../../protocols/averaging/index.ts'
import { createInvitedRun } from '../integration/invited-run.ts'
import { randomFrom } from '../integration/random.ts'
import { run, type Starling, start } from '../integration/starling.ts'
import type { Owner } from '../integration/temporary-folder.ts'
import { waitFor } from '../integration/wait-for.ts'
import { printResult } from '../print-result.ts'

/** More than the calls take. */
const ENDLESS_ROUNDS = 1_000_000

/** Peers keep the newest three checkpoints: one that was just heard of must still be there when its pin is asked for. */
const CHECKPOINTS = ['--checkpoint-every', '1000']

/** A peer serves its control socket within seconds of its start, on a busy machine in several. */
const START_PATIENCE_MS = 60_000

/** Training at full speed would leave nothing of two cores to the processes that call: 1 000 calls took half an hour. */
const MAX_CPU = '25%'

/** What is called how often, of ten calls. `leave` is followed by a join with the same home. */
const MIX = ['status', 'status', 'status', 'pause', 'pause', 'resume', 'resume', 'pin', 'pin', 'leave'] as const
type Verb = (typeof MIX)[number]

interface StormResult {
  readonly calls: Readonly<Record<Verb, number>>
  /** Calls that did not end with exit 0, with what they printed. */
  readonly errors: readonly string[]
  readonly rounds: { readonly steady: number; readonly comer: number }
  /** Resident bytes of the peer that lives through all calls: the median of every eighth of its life, and the largest. */
  readonly steadyRssBytes: { readonly eighths: readonly number[]; readonly largest: number }
  readonly seconds: number
}

interface StormInit {
  readonly calls: number
  /** The storm goes on until the steady peer has played so many. */
  readonly rounds: number
  readonly seed: number
  readonly onProgress: (line: string) => void
}

interface Target {
  readonly name: 'steady' | 'comer'
  readonly home: string
  process: Starling
  readonly join: () => Promise<Starling>
}

/**
 * Two peers train while their owners call the control commands as processes of their own: `steady` is asked everything
 * but to leave and shows what it does to memory; `comer` also leaves and comes back.
 */
async function stormControls(init: StormInit): Promise<StormResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-bench-'))
  const cleanUps = new AsyncDisposableStack()
  const owner: Owner = { after: (cleanUp) => cleanUps.defer(cleanUp) }
  cleanUps.defer(() => rm(folder, { recursive: true, force: true }))
  try {
    return await new Storm(owner, init).play(folder)
  } finally {
    await cleanUps.disposeAsync()
  }
}

class Storm {
  readonly #owner: Owner
  readonly #init: StormInit
  readonly #random: () => number
  readonly #calls: Record<Verb, number> = { status: 0, pause: 0, resume: 0, pin: 0, leave: 0 }
  readonly #errors: string[] = []
  readonly #rss: number[] = []
  readonly #rounds = { steady: 0, comer: 0 }
  #pinned: string | undefined

  constructor(owner: Owner, init: StormInit) {
    this.#owner = owner
    this.#init = init
    this.#random = randomFrom(init.seed)
  }

  async play(folder: string): Promise<StormResult> {
    const startedAt = performance.now()
    const { invite, home, data } = await createInvitedRun(
      this.#owner,
      folder,
      '--rounds',
      String(ENDLESS_ROUNDS),
      ...CHECKPOINTS
    )
    await start(this.#owner, 'start', invite, '--home', home).says('following run')
    const steady = await this.#target('steady', folder, invite, data)
    const comer = await this.#target('comer', folder, invite, data)
    await waitFor('a checkpoint', () => this.#learnCheckpoint(steady), START_PATIENCE_MS)
    for (let call = 0; call < this.#init.calls || this.#rounds.steady < this.#init.rounds; call++) {
      await this.#call(this.#random() < 0.5 ? steady : comer)
      if (call % 50 === 49) this.#init.onProgress(`${call + 1} calls, rounds ${JSON.stringify(this.#rounds)}`)
    }
    for (const target of [steady, comer]) await this.#starling('leave', target)
    const at = (part: number) => Math.floor((part * this.#rss.length) / 8)
    return {
      calls: this.#calls,
      errors: this.#errors,
      rounds: this.#rounds,
      steadyRssBytes: {
        eighths: Array.from({ length: 8 }, (_, part) => median(this.#rss.slice(at(part), at(part + 1))) ?? 0),
        largest: Math.max(...this.#rss)
      },
      seconds: (performance.now() - startedAt) / 1000
    }
  }

  async #target(name: Target['name'], folder: string, invite: string, data: string): Promise<Target> {
    const home = join(folder, name)
    const words = [
      '--home',
      home,
      '--data',
      data,
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--wait-for-links',
      '0',
      '--max-cpu',
      MAX_CPU
    ]
    const joinRun = async () => {
      const process = start(this.#owner, 'join', invite, ...words)
      await process.says('round ')
      return process
    }
    return { name, home, process: await joinRun(), join: joinRun }
  }

  async #call(target: Target): Promise<void> {
    const drawn = MIX[Math.floor(this.#random() * MIX.length)]!
    const verb = drawn === 'leave' && target.name === 'steady' ? 'status' : drawn
    await this.#starling(verb, target)
    if (verb !== 'leave') return
    const { code, stderr } = await target.process.finished
    if (code !== 0) this.#errors.push(`the peer that left ended with ${code}: ${stderr.slice(-500)}`)
    target.process = await target.join()
  }

  async #starling(verb: Verb, target: Target): Promise<void> {
    if (verb === 'pin') await this.#starling('status', target)
    this.#calls[verb] += 1
    const words = verb === 'pin' ? [verb, this.#pinned!] : [verb]
    const { code, stdout, stderr } = await run(this.#owner, ...words, '--home', target.home, '--json')
    if (code !== 0) this.#errors.push(`${verb} of ${target.name}: exit ${code}: ${stderr.trim()}`)
    else if (verb === 'status') this.#note(target, stdout)
  }

  #note({ name }: Target, stdout: string): void {
    const { runs, rssBytes } = peerStatus.parse(JSON.parse(stdout))
    this.#rounds[name] = runs[0]?.training?.round ?? 0
    if (name === 'steady') this.#rss.push(rssBytes)
    this.#pinned = runs[0]?.checkpoint?.root ?? this.#pinned
  }

  async #learnCheckpoint(target: Target): Promise<boolean> {
    await this.#starling('status', target)
    return this.#pinned !== undefined
  }
}

function describeStorm({ calls, errors, rounds, steadyRssBytes, seconds }: StormResult): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  const { eighths, largest } = steadyRssBytes
  return [
    `calls    ${JSON.stringify(calls)} in ${seconds.toFixed(0)} s`,
    `rounds   steady ${rounds.steady}, comer ${rounds.comer}`,
    `memory   ${eighths.map(megabytes).join(', ')} (eighths), ${megabytes(largest)} at most`,
    `errors   ${errors.length}`,
    ...errors
  ].join('\n')
}

interface ControlOptions {
  readonly calls: string
  readonly rounds: string
  readonly seed: string
  readonly json?: boolean
}

export function addControl(program: Command): void {
  program
    .command('control')
    .description('owners call status, pause, resume, pin and leave while their peers train: errors and memory')
    .option('--calls <n>', 'calls, each a process of its own', '1000')
    .option('--rounds <r>', 'rounds that the lasting peer plays at least', '2000')
    .option('--seed <s>', 'decides the order of calls', '1')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ json, ...options }: ControlOptions) => {
      const [calls, rounds, seed] = [options.calls, options.rounds, options.seed].map(Number)
      const onProgress = (line: string) => void process.stderr.write(`${line}\n`)
      const result = await stormControls({ calls: calls!, rounds: rounds!, seed: seed!, onProgress })
      printResult(json, result, describeStorm(result))
      process.exitCode = result.errors.length === 0 ? 0 : 1
    })
}
