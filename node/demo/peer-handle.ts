import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '../config.ts'
import { siblingModule } from '../sibling-module.ts'
import type { DemoCommand, DemoEvent } from './messages.ts'

const ENTRY = fileURLToPath(siblingModule('peer-process', import.meta.url))

/** From here on payloads, and not what the program keeps, fill the heap. */
const LARGE_PARAMETERS = 250_000

const SMALL_HEAP_FLAGS = ['--initial-old-space-size=64', '--heap-growing-percent=25']

/**
 * Small young generations: a flock is many processes (DESIGN 7), and the main thread only moves bytes. An old one that
 * may grow before it is collected: payloads pass through as buffers, whose size V8 counts against its heap. With a million
 * parameters and ten peers 64 MB cost 2.2 times the training alone, 96 cost 1.9; with few parameters 96 take 30 MB more
 * a peer for nothing. There, a heap that V8 lets grow to four times what is alive in it, in a process that gets little of
 * the CPU, is held to a quarter more: over 2000 rounds of five peers 240 to 263 MB a peer, 255 to 352 without.
 */
function nodeFlags(parameters: number): string[] {
  const isLarge = parameters >= LARGE_PARAMETERS
  return ['--max-semi-space-size=4', ...(isLarge ? ['--initial-old-space-size=96'] : SMALL_HEAP_FLAGS)]
}

/**
 * Two malloc arenas instead of eight a core (glibc; others ignore it): buffers of a few kilobytes, allocated on one thread
 * and freed on another, leave holes in every one. 15 MB less a peer.
 */
const MALLOC = { MALLOC_ARENA_MAX: '2' }

/** A peer that does not stop within this time after it was told is killed. */
const STOP_MS = 10_000

/** A peer process of the demo failed. */
export class PeerFailedError extends Error {
  override readonly name = 'PeerFailedError'
  readonly code: unknown

  constructor(name: string, message: string, code?: unknown) {
    super(`peer ${name}: ${message}`)
    this.code = code
  }
}

type EventOf<T extends DemoEvent['type']> = Extract<DemoEvent, { type: T }>

/** One peer process: commands go in, events come out, and it never outlives its handle. */
export class PeerHandle {
  readonly name: string
  readonly home: string
  readonly #logPath: string
  readonly #parameters: number
  readonly #listeners = new Set<(event: DemoEvent) => void>()
  readonly #exited = Promise.withResolvers<void>()
  #child: ChildProcess | undefined
  #failure: PeerFailedError | undefined
  #isStopped = false
  isKilled = false
  hasExited = false

  /** `parameters`: of the run's model. The process is there once `start` is called. */
  constructor(name: string, home: string, logPath: string, parameters: number) {
    this.name = name
    this.home = home
    this.#logPath = logPath
    this.#parameters = parameters
  }

  /** Forks the process. Throws PeerFailedError after `stop`. */
  start(): void {
    if (this.#isStopped) throw new PeerFailedError(this.name, 'stopped before it was started')
    const child = fork(ENTRY, {
      execArgv: nodeFlags(this.#parameters),
      env: environmentWith(MALLOC),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    })
    this.#child = child
    const log = createWriteStream(this.#logPath, { flags: 'a' })
    child.stdout?.pipe(log, { end: false })
    child.stderr?.pipe(log, { end: false })
    child.on('message', (event: DemoEvent) => this.#deliver(event))
    // Writing to a peer that was just killed fails; its exit says all there is to say.
    child.on('error', () => {})
    child.once('exit', (code, signal) => {
      this.hasExited = true
      log.end()
      const how = `its process ended with ${signal ?? `code ${code}`}; see ${this.#logPath}`
      this.#fail(new PeerFailedError(this.name, how))
      this.#exited.resolve()
    })
  }

  onEvent(listener: (event: DemoEvent) => void): void {
    this.#listeners.add(listener)
  }

  send(command: DemoCommand): void {
    if (this.#child?.connected === true) this.#child.send(command, () => {})
  }

  /** The next event of a type that satisfies `accept`. Rejects when the peer fails or ends. */
  next<T extends DemoEvent['type']>(type: T, accept: (event: EventOf<T>) => boolean = () => true): Promise<EventOf<T>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const listener = (event: DemoEvent) => {
        if (event.type === 'failed') reject(this.#failure)
        else if (event.type !== type || !accept(event as EventOf<T>)) return
        else resolve(event as EventOf<T>)
        this.#listeners.delete(listener)
      }
      this.#listeners.add(listener)
    })
  }

  /** SIGKILL, as a power cut would: no goodbye. */
  async kill(): Promise<void> {
    this.isKilled = true
    this.#child?.kill('SIGKILL')
    await this.#exited.promise
  }

  /** Asks the peer to stop, and kills it if it does not. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const child = this.#child
    if (child === undefined || this.hasExited) return
    this.send({ type: 'stop' })
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await this.#exited.promise
    clearTimeout(timer)
  }

  #deliver(event: DemoEvent): void {
    if (event.type === 'failed') this.#fail(new PeerFailedError(this.name, event.message, event.code))
    else for (const listener of [...this.#listeners]) listener(event)
  }

  #fail(failure: PeerFailedError): void {
    this.#failure ??= failure
    const event = { type: 'failed', message: failure.message } as const
    for (const listener of [...this.#listeners]) listener(event)
  }
}
