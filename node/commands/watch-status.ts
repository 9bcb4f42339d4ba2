import type { LinkStatus, PeerStatus, RunStatus } from '../control/index.ts'
import { describeCheckpoint, describeRefused } from './describe-status.ts'
import { age, megabytes, percent, rate } from './quantities.ts'

/** Rounds still to come are counted by the pace of this many looks: a pause is soon seen, one slow round is not. */
const PACE_LOOKS = 30

const BAR_CELLS = 40
const TREND_CELLS = 48
const BLOCKS = '▁▂▃▄▅▆▇█'

/** Neighbours named for each run: more would push the rest off the screen. */
const MAX_LINKS = 12

/** The end of an id tells peers and runs apart; the beginning is alike for all. */
const ID_CHARACTERS = 8

interface Look {
  readonly at: number
  readonly status: PeerStatus
}

/** A running peer as it changes: looks at its status again and again, and tells what became of it between two looks. */
export class StatusWatch {
  #looks: Look[] = []

  /** The peer and all its runs, to be drawn over the last picture. */
  draw(status: PeerStatus, at: number): string {
    this.#look(status, at)
    const { peer, pid, startedAt, rssBytes, connections, sentBytes, receivedBytes } = status
    const { sent, received } = this.#rates()
    return [
      `peer …${tail(peer)}, process ${pid}, up ${age(at - startedAt)}   ${clock(at)}`,
      `memory ${megabytes(rssBytes)}   sent ${megabytes(sentBytes)} (${sent})   ` +
        `received ${megabytes(receivedBytes)} (${received})   connections ${connections}`,
      ...(status.runs.length === 0 ? ['', 'in no run any more'] : []),
      ...status.runs.flatMap((run) => ['', ...this.#drawRun(run)])
    ].join('\n')
  }

  /** A line for each run, for a file or a pipe. */
  lines(status: PeerStatus, at: number): string {
    this.#look(status, at)
    const { sent, received } = this.#rates()
    const traffic = `sent ${sent}, received ${received}, memory ${megabytes(status.rssBytes)}`
    return status.runs.map((run) => `${clock(at)} ${nameOf(run)}: ${summary(run)}; ${traffic}`).join('\n')
  }

  #look(status: PeerStatus, at: number): void {
    this.#looks.push({ at, status })
    if (this.#looks.length > PACE_LOOKS) this.#looks.shift()
  }

  #rates(): { sent: string; received: string } {
    const [before, now] = this.#looks.slice(-2)
    if (before === undefined || now === undefined) return { sent: '…', received: '…' }
    const ms = now.at - before.at
    return {
      sent: rate(now.status.sentBytes - before.status.sentBytes, ms),
      received: rate(now.status.receivedBytes - before.status.receivedBytes, ms)
    }
  }

  #drawRun(run: RunStatus): string[] {
    const { state, training, links, checkpoint } = run
    const refused = describeRefused(run)
    return [
      `${nameOf(run)}  …${tail(run.id)}  ${state}`,
      ...(training === undefined ? [] : [...this.#drawProgress(run, training), ...drawLoss(training)]),
      ...drawLinks(links),
      `  checkpoint ${checkpoint === undefined ? 'none yet' : describeCheckpoint(checkpoint)}`,
      ...(refused === '' ? [] : [`  refused ${refused}`])
    ]
  }

  #drawProgress({ id, state }: RunStatus, { round, rounds }: NonNullable<RunStatus['training']>): string[] {
    const left = state === 'training' ? this.#timeLeft(id, rounds - round) : undefined
    return [
      `  ${bar(round / rounds)}  round ${round} of ${rounds}, ${percent(round / rounds)}` +
        (left === undefined ? '' : `, about ${age(left)} left`)
    ]
  }

  /** Milliseconds, by the pace of the last looks. */
  #timeLeft(id: string, rounds: number): number | undefined {
    const seen = this.#looks.flatMap(({ at, status }) => {
      const round = status.runs.find((run) => run.id === id)?.training?.round
      return round === undefined ? [] : [{ at, round }]
    })
    const first = seen[0]
    const last = seen.at(-1)
    if (first === undefined || last === undefined || last.round <= first.round) return undefined
    return (rounds * (last.at - first.at)) / (last.round - first.round)
  }
}

function drawLoss({ loss, lossTrend, trainMs, waitMs, samples, engine }: NonNullable<RunStatus['training']>): string[] {
  const times =
    trainMs === undefined || waitMs === undefined
      ? ''
      : `, newest round ${trainMs.toFixed(1)} ms in training, ${waitMs.toFixed(1)} ms in waiting`
  return [
    ...(loss === undefined ? [] : [`  loss ${loss.toFixed(3)}  ${trendLine(lossTrend)}`]),
    `  ${samples} rows, engine ${engine}${times}`
  ]
}

function drawLinks(links: readonly LinkStatus[]): string[] {
  const awaited = links.filter(({ isAwaited }) => isAwaited)
  const waits = awaited.length === 0 ? '' : `, waiting for ${awaited.map(({ peer }) => `…${tail(peer)}`).join(', ')}`
  return [
    `  links ${links.length}${waits}`,
    ...links.slice(0, MAX_LINKS).map(({ peer, rttMs, ageMs, heardMs }) => {
      const heard = heardMs === undefined ? 'no delta yet' : `last delta ${age(heardMs)} ago`
      return `    …${tail(peer)}  ${rttMs.toFixed(1).padStart(7)} ms  ${heard.padEnd(24)}linked for ${age(ageMs)}`
    }),
    ...(links.length > MAX_LINKS ? [`    and ${links.length - MAX_LINKS} more`] : [])
  ]
}

function summary({ state, training, links, refused }: RunStatus): string {
  const counts = Object.values(refused).reduce((sum, count) => sum + count, 0)
  const heard = links.flatMap(({ heardMs }) => heardMs ?? [])
  return [
    state,
    ...(training === undefined ? [] : [`round ${training.round} of ${training.rounds}`]),
    ...(training?.loss === undefined ? [] : [`loss ${training.loss.toFixed(3)}`]),
    `${links.length} links`,
    ...(heard.length === 0 ? [] : [`last delta ${age(Math.min(...heard))} ago`]),
    ...(counts === 0 ? [] : [`${counts} refused`])
  ].join(', ')
}

/** A bar of so many cells, filled to a fraction. */
function bar(fraction: number): string {
  const full = Math.round(BAR_CELLS * Math.min(1, Math.max(0, fraction)))
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`
}

/** Numbers as a row of blocks, the largest the highest. */
export function trendLine(points: readonly number[]): string {
  const cells = Math.min(points.length, TREND_CELLS)
  const means = Array.from({ length: cells }, (_, cell) => {
    const part = points.slice(
      Math.floor((cell * points.length) / cells),
      Math.floor(((cell + 1) * points.length) / cells)
    )
    return part.reduce((sum, point) => sum + point, 0) / part.length
  })
  const least = Math.min(...means)
  const span = Math.max(...means) - least
  return means.map((mean) => BLOCKS[span > 0 ? Math.round(((mean - least) / span) * (BLOCKS.length - 1)) : 0]).join('')
}

function nameOf({ name, id }: RunStatus): string {
  return name ?? `…${tail(id)}`
}

function tail(id: string): string {
  return id.slice(-ID_CHARACTERS)
}

/** Time of day. */
function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}
