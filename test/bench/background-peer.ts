import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const MAIN = fileURLToPath(new URL('../../node/main.ts', import.meta.url))

/** Longest wait for anything: real peers of a large model, on a busy machine. */
export const PATIENCE_MS = 300_000
const POLL_MS = 200

const run = promisify(execFile)

/** `starling create` with these words; resolves with the invite. */
export async function createRun(words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [MAIN, 'create', ...words, '--yes', '--json'])
  return (JSON.parse(stdout) as { invite: string }).invite
}

/** A `starling` process with a home of its own, beside the bench. */
export class BackgroundPeer {
  readonly home: string
  readonly #child: ChildProcess

  constructor(home: string, words: readonly string[]) {
    this.home = home
    this.#child = spawn(process.execPath, [MAIN, ...words, '--home', home], { stdio: 'ignore' })
  }

  /** What it has logged, a JSON document a line. */
  log(): Promise<string> {
    return readFile(join(this.home, 'peer.log'), 'utf8').catch(() => '')
  }

  /** When each of its rounds was announced, in milliseconds since 1970. */
  async rounds(): Promise<number[]> {
    const text = await readFile(join(this.home, 'events.jsonl'), 'utf8').catch(() => '')
    const lines = text.split('\n').filter((line) => line.endsWith('}'))
    const events = lines.map((line) => JSON.parse(line) as { t: number; seq?: number })
    return events.flatMap(({ t, seq }) => (seq === undefined ? [] : t))
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** Peers beside a bench, and a folder for their homes: with the block that they are used in, both are gone. */
export class BackgroundFlock implements AsyncDisposable {
  readonly folder: string
  readonly #peers: BackgroundPeer[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<BackgroundFlock> {
    return new BackgroundFlock(await mkdtemp(join(tmpdir(), 'starling-bench-')))
  }

  /** Starts a `starling` process in a home below the folder. */
  start(home: string, words: readonly string[]): BackgroundPeer {
    const peer = new BackgroundPeer(join(this.folder, home), words)
    this.#peers.push(peer)
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}`)
    await delay(POLL_MS)
  }
}
