import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Activity } from '../../../node/activity.ts'
import { authorOf } from '../../../protocols/envelope/index.ts'
import { peerText } from '../../../protocols/links/index.ts'
import { peekIdentity } from '../../../storage/index.ts'
import { atExit } from '../at-exit.ts'
import { type KillOrder, openActivities } from './kill-order.ts'

const MAIN = fileURLToPath(new URL('../../../node/main.ts', import.meta.url))
const TRACE = fileURLToPath(new URL('./trace-activities.ts', import.meta.url))

const POLL_MS = 50

/** A start takes seconds, on a machine full of other work tens of them. */
const PATIENCE_MS = 180_000

/** A peer that was told when to die and does not get that far is killed from outside. */
const ORDER_MS = 30_000

/** One line of `events.jsonl`, as far as it matters here. */
interface RoundLine {
  readonly seq: number
  readonly round: number
  readonly mixed: readonly unknown[]
}

/** One peer of the campaign: a `starling join` in a home of its own, killed and started again in it. */
export class CrashPeer {
  readonly home: string
  readonly #words: readonly string[]
  #child: ChildProcess | undefined
  #starts = 0
  /** Length of `events.jsonl` when this start began. */
  #eventsFrom = 0

  /** `words`: of the first start; later ones are `join` and the home alone. */
  constructor(home: string, words: readonly string[]) {
    this.home = home
    this.#words = words
  }

  get starts(): number {
    return this.#starts
  }

  /** Peer id, text form, once the first start has made one. */
  async id(): Promise<string> {
    const key = await peekIdentity(this.home)
    if (key === undefined) throw new Error(`${this.home} has no identity yet`)
    return peerText(authorOf(key))
  }

  async start(): Promise<void> {
    this.#eventsFrom = (await stat(this.#events).catch(() => ({ size: 0 }))).size
    this.#starts += 1
    const words = this.#starts === 1 ? this.#words : ['join', '--home', this.home]
    const log = openSync(`${this.home}.log`, 'a')
    this.#child = spawn(process.execPath, ['--import', TRACE, MAIN, ...words], {
      env: { ...process.env, CRASH_TRACE: this.#trace },
      stdio: ['ignore', log, log]
    })
    const child = this.#child
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL'))
    )
  }

  /** Kills it now; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Has it killed in the midst of something; resolves when it is gone. */
  async killDuring(order: KillOrder): Promise<void> {
    await writeFile(`${this.#trace}.kill`, JSON.stringify(order))
    this.#child!.kill('SIGUSR2')
    const gone = this.#child!.exitCode !== null || this.#child!.signalCode !== null
    if (!gone) await Promise.race([once(this.#child!, 'exit'), delay(ORDER_MS)])
    await this.kill()
  }

  /** What it was busy with when it was killed; `starting` before its first activity. */
  async activities(): Promise<readonly (Activity | 'pausing' | 'starting')[]> {
    const { size } = await stat(this.#trace).catch(() => ({ size: 0 }))
    return size === 0 ? ['starting'] : openActivities(this.#trace)
  }

  /** Its rounds since this start, oldest first. */
  async rounds(): Promise<RoundLine[]> {
    const file = await open(this.#events, 'r').catch(() => undefined)
    if (file === undefined) return []
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(size - this.#eventsFrom),
        0,
        undefined,
        this.#eventsFrom
      )
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n').slice(0, -1)
      return lines.map((line) => JSON.parse(line) as RoundLine).filter(({ seq }) => seq !== undefined)
    } finally {
      await file.close()
    }
  }

  /** Resolves once its log holds a text. Rejects when it ends before that, or takes for ever. */
  async says(text: string): Promise<void> {
    await this.#until(`say "${text}"`, async () => (await this.#log()).includes(text) || undefined)
  }

  /** Resolves with its rounds up to the first that mixed something. Rejects when it ends before that, or takes for ever. */
  async mixes(): Promise<RoundLine[]> {
    return this.#until('mix', async () => {
      const rounds = await this.rounds()
      const first = rounds.findIndex(({ mixed }) => mixed.length > 0)
      return first < 0 ? undefined : rounds.slice(0, first + 1)
    })
  }

  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline) {
      const isOver = this.#child!.exitCode !== null
      const found = await look()
      if (found !== undefined) return found
      if (isOver) break
      await delay(POLL_MS)
    }
    const log = (await this.#log()).split('\n').slice(-8).join('\n')
    throw new Error(`${this.home} does not ${what} in its start ${this.#starts}:\n${log}`)
  }

  #log(): Promise<string> {
    return readFile(`${this.home}.log`, 'utf8')
  }

  get #events(): string {
    return join(this.home, 'events.jsonl')
  }

  get #trace(): string {
    return `${this.home}.trace-${this.#starts}`
  }
}
