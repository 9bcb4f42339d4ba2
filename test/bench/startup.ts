import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { median } from '../../protocols/averaging/index.ts'
import { createInvitedRun } from '../integration/invited-run.ts'
import { start } from '../integration/starling.ts'
import { printResult } from '../print-result.ts'

/** The limits. */
const LIMITS_MS = { version: 150, status: 300 } as const

const OWN_BIN = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))

interface StartupResult {
  readonly what: string
  /** Wall time from spawn to exit. */
  readonly medianMs: number
  readonly leastMs: number
  readonly mostMs: number
  /** Median of this over that of `node -e 0` in the same run. */
  readonly ratioToNode: number
  readonly limitMs?: number
}

/** Times `node -e 0`, `starling --version` and `starling status` to a running peer, in turn, so many times each. */
async function benchStartup({ samples, bin = OWN_BIN }: { samples: number; bin?: string }) {
  const cleanUps = new AsyncDisposableStack()
  try {
    const folder = await mkdtemp(join(tmpdir(), 'starling-bench-'))
    cleanUps.defer(() => rm(folder, { recursive: true, force: true }))
    const owner = { after: (cleanUp: () => Promise<void>) => cleanUps.defer(cleanUp) }
    const { invite, home } = await createInvitedRun(owner, folder)
    const peer = start(owner, 'start', invite, '--home', home)
    await peer.says('following run')
    const commands = {
      node: ['-e', '0'],
      version: [bin, '--version'],
      status: [bin, 'status', '--home', home]
    }
    const times: Record<keyof typeof commands, number[]> = { node: [], version: [], status: [] }
    // The first fills the caches of disk and compiler, as a user's first call does.
    for (const words of Object.values(commands)) await timeOf(words)
    for (let sample = 0; sample < samples; sample++)
      for (const [name, words] of Object.entries(commands))
        times[name as keyof typeof commands].push(await timeOf(words))
    peer.kill('SIGTERM')
    await peer.finished
    const baseline = median(times.node)!
    return [
      result('node -e 0', times.node, baseline),
      result('starling --version', times.version, baseline, LIMITS_MS.version),
      result('starling status', times.status, baseline, LIMITS_MS.status)
    ]
  } finally {
    await cleanUps.disposeAsync()
  }
}

async function timeOf(words: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, words, { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`node ${words.join(' ')} ended with ${code}`)
  return performance.now() - startedAt
}

function result(what: string, times: readonly number[], baseline: number, limitMs?: number): StartupResult {
  const medianMs = median(times)!
  return {
    what,
    medianMs,
    leastMs: Math.min(...times),
    mostMs: Math.max(...times),
    ratioToNode: medianMs / baseline,
    ...(limitMs === undefined ? {} : { limitMs })
  }
}

function describeStartup(results: readonly StartupResult[]): string {
  const table = new Table({ head: ['', 'median', 'range', 'of node', 'limit'], style: { head: [], border: [] } })
  for (const { what, medianMs, leastMs, mostMs, ratioToNode, limitMs } of results) {
    const range = `${leastMs.toFixed(0)} to ${mostMs.toFixed(0)} ms`
    const limit = limitMs === undefined ? '' : `${limitMs} ms`
    table.push([what, `${medianMs.toFixed(0)} ms`, range, `${ratioToNode.toFixed(1)} x`, limit])
  }
  return table.toString()
}

interface StartupOptions {
  readonly samples: string
  readonly bin?: string
  readonly json?: boolean
}

export function addStartup(program: Command): void {
  program
    .command('startup')
    .description('how long `starling --version` and `starling status` take, beside an empty program on the same Node')
    .option('--samples <n>', 'how often each is started', '15')
    .option('--bin <file>', 'the starling to measure, such as that of an installed package')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ samples, bin, json }: StartupOptions) => {
      const results = await benchStartup({ samples: Number(samples), ...(bin === undefined ? {} : { bin }) })
      printResult(json, { results }, describeStartup(results))
    })
}
