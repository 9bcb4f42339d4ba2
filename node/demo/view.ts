import Table from 'cli-table3'
import { createLogUpdate } from 'log-update'
import type { Phase } from '../../protocols/envelope/index.ts'
import { formatMeasure, type Measure } from '../training/quality.ts'

/** A terminal's table is redrawn at this rate; elsewhere a line a while tells how far it is. */
const REDRAW_MS = 200
const LINE_MS = 3000

export interface PeerState {
  readonly name: string
  samples: number
  state: string
  round: number
  phase: Phase
  links: number
  loss?: number
  alone?: number
  flock?: number
}

/** Shows what happens while it happens: a live table on a terminal, plain lines elsewhere. Writes to stderr. */
export class DemoView {
  readonly peers: PeerState[]
  /** What `alone` and `flock` are. */
  measure: Measure = 'accuracy'
  readonly #rounds: number
  readonly #live: ReturnType<typeof createLogUpdate> | undefined
  #timer: NodeJS.Timeout | undefined
  #lastLine = ''

  constructor(peers: PeerState[], rounds: number) {
    this.peers = peers
    this.#rounds = rounds
    this.#live = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined
  }

  start(): void {
    this.#timer = setInterval(() => this.#draw(), this.#live === undefined ? LINE_MS : REDRAW_MS)
  }

  /** A line that stays. */
  say(line: string): void {
    this.#live?.clear()
    process.stderr.write(`${line}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#live !== undefined) {
      this.#draw()
      this.#live.done()
    }
  }

  #draw(): void {
    if (this.#live === undefined) this.#drawLine()
    else this.#live(this.#table())
  }

  #drawLine(): void {
    const rounds = this.peers.filter(({ state }) => state !== 'killed').map(({ round }) => round)
    const counts = Object.entries(Object.groupBy(this.peers, ({ state }) => state)).map(
      ([s, all]) => `${all!.length} ${s}`
    )
    const line = `  ${counts.join(', ')}; rounds ${Math.min(...rounds)} to ${Math.max(...rounds)} of ${this.#rounds}`
    if (line !== this.#lastLine) process.stderr.write(`${line}\n`)
    this.#lastLine = line
  }

  #table(): string {
    const table = new Table({
      head: ['peer', 'rows', 'state', 'round', 'links', 'loss', 'alone', 'flock'],
      style: { head: [], border: [] }
    })
    for (const peer of this.peers) {
      table.push([
        peer.name,
        peer.samples || '',
        peer.state,
        `${peer.round}/${this.#rounds}`,
        peer.links,
        peer.loss === undefined ? '' : peer.loss.toFixed(3),
        shown(this.measure, peer.alone),
        shown(this.measure, peer.flock)
      ])
    }
    return table.toString()
  }
}

/** A measured value as people read it, or nothing where there is none. */
export function shown(measure: Measure, value: number | null | undefined): string {
  return value == null ? '' : formatMeasure(measure, value)
}
