import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import type { PeerStatus } from '../../node/control/index.ts'
import { median } from '../../protocols/averaging/index.ts'
import { LABEL, writeBlobs } from '../integration/tables.ts'
import { printResult } from '../print-result.ts'

const MAIN = fileURLToPath(new URL('../../node/main.ts', import.meta.url))

/** The setting: a peer with five links. Six that know each other have them. */
const PEERS = 6
const LINKS = PEERS - 1

/** Longest wait until all have found each other. */
const SETTLE_MS = 180_000

/** What was in flight when the peers paused is over after this. */
const CALM_MS = 10_000
const POLL_MS = 500

/** Of Linux' clock in `/proc/PID/stat`. */
const TICKS_PER_SECOND = 100

const run = promisify(execFile)

export interface IdleResult {
  readonly seconds: number
  readonly links: number
  /** CPU time over wall time, in percent of a core: median and highest of six paused peers with five links. */
  readonly linkedPercent: number
  readonly linkedMostPercent: number
  /** A paused peer that is alone in its run. */
  readonly alonePercent: number
  /** Node with one timer a second. */
  readonly emptyPercent: number
  /** Sent and received by a linked peer, a second. */
  readonly bytesPerSecond: number
  /** Of the machine, one minute, at the start and at the end. */
  readonly load: readonly [number, number]
}

/** Measures what a peer costs that only keeps its links, beside the same process alone and beside an empty one. */
async function benchIdle(seconds: number): Promise<IdleResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-idle-'))
  const children: ChildProcess[] = []
  try {
    const peers = await startPeers(join(folder, 'flock'), PEERS, children)
    const [alone] = await startPeers(join(folder, 'alone'), 1, children)
    const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    children.push(empty)
    await delay(CALM_MS)
    const load = loadavg()[0]!
    const used = await measure([...peers, alone!, { child: empty }], seconds)
    const linked = used.slice(0, PEERS)
    return {
      seconds,
      links: LINKS,
      linkedPercent: median(linked.map(({ percent }) => percent))!,
      linkedMostPercent: Math.max(...linked.map(({ percent }) => percent)),
      alonePercent: used[PEERS]!.percent,
      emptyPercent: used[PEERS + 1]!.percent,
      bytesPerSecond: median(linked.map(({ bytes }) => bytes / seconds))!,
      load: [load, loadavg()[0]!]
    }
  } finally {
    for (const child of children) await end(child)
    await rm(folder, { recursive: true, force: true })
  }
}

interface IdlePeer {
  readonly child: ChildProcess
  readonly home?: string
}

async function measure(peers: readonly IdlePeer[], seconds: number) {
  const before = await Promise.all(peers.map(figuresOf))
  await delay(1000 * seconds)
  const after = await Promise.all(peers.map(figuresOf))
  return after.map(({ cpuSeconds, bytes }, i) => ({
    percent: (100 * (cpuSeconds - before[i]!.cpuSeconds)) / seconds,
    bytes: bytes - before[i]!.bytes
  }))
}

async function figuresOf({ child, home }: IdlePeer): Promise<{ cpuSeconds: number; bytes: number }> {
  const status = home === undefined ? undefined : await statusOf(home)
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
  // After the name in brackets, which may hold spaces: utime and stime are the 12th and 13th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  return { cpuSeconds, bytes: status === undefined ? 0 : status.sentBytes + status.receivedBytes }
}

/** Peers of one run, each linked with each, all paused. */
async function startPeers(folder: string, count: number, children: ChildProcess[]): Promise<IdlePeer[]> {
  const homes = Array.from({ length: count }, (_, i) => join(folder, `home-${i}`))
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
  const data = await writeBlobs(join(tmpdir(), `starling-idle-rows-${process.pid}.csv`), 60, 1)
  const plan = ['--data', data, '--label', LABEL, '--rounds', '1000000', '--yes', '--json']
  const { stdout } = await run(process.execPath, [MAIN, 'create', '--home', homes[0]!, ...listen, ...plan])
  const { invite } = JSON.parse(stdout) as { invite: string }
  const peers: IdlePeer[] = []
  for (const home of homes) {
    const words = ['join', invite, '--home', home, '--data', data, '--wait-for-links', '0']
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'ignore' })
    children.push(child)
    peers.push({ child, home })
    await until(`${home} to answer`, async () => (await statusOf(home)).runs[0]?.training !== undefined)
    await run(process.execPath, [MAIN, 'pause', '--home', home])
  }
  for (const home of homes) {
    await until(`${count - 1} links of ${home}`, async () => (await statusOf(home)).runs[0]?.links.length === count - 1)
  }
  await rm(data)
  return peers
}

async function statusOf(home: string): Promise<PeerStatus> {
  const { stdout } = await run(process.execPath, [MAIN, 'status', '--home', home, '--json'])
  return JSON.parse(stdout) as PeerStatus
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SETTLE_MS
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`waited ${SETTLE_MS} ms in vain for ${what}`)
    await delay(POLL_MS)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function describeIdle(result: IdleResult): string {
  const { seconds, links, linkedPercent, linkedMostPercent, alonePercent, emptyPercent, bytesPerSecond, load } = result
  return [
    `over ${seconds} s, percent of a core (load ${load.map((value) => value.toFixed(1)).join(' to ')}):`,
    `  paused, ${links} links   ${linkedPercent.toFixed(2)} (most ${linkedMostPercent.toFixed(2)}), ` +
      `${bytesPerSecond.toFixed(0)} bytes a second`,
    `  paused, alone     ${alonePercent.toFixed(2)}`,
    `  empty process     ${emptyPercent.toFixed(2)}`
  ].join('\n')
}

export function addIdle(program: Command): void {
  program
    .command('idle')
    .description('CPU of a paused peer with five links, beside the same process alone and an empty one')
    .option('--seconds <s>', 'how long to measure', '600')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ seconds, json }: { seconds: string; json?: boolean }) => {
      const result = await benchIdle(Number(seconds))
      printResult(json, result, describeIdle(result))
    })
}
