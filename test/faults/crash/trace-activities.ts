/**
 * Loaded into a peer with `--import`, and no part of it: writes down what the peer is busy with, and kills it in the midst
 * of something when it is told to.
 *
 * Every activity that begins or ends is a line in the file that `CRASH_TRACE` names, written before the peer goes on: what
 * is open at the end of the file is what the peer was busy with when it was killed. On SIGUSR2 the peer reads a
 * `KillOrder` from the same name with `.kill`, and kills itself with SIGKILL, which no handler sees: as exact as no other
 * process can be.
 */
import { tracingChannel } from 'node:diagnostics_channel'
import { openSync, readFileSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { ACTIVITY_CHANNEL, type Activity, type ActivityContext } from '../../../node/activity.ts'
import type { KillOrder } from './kill-order.ts'

const path = process.env.CRASH_TRACE

if (path !== undefined && isMainThread) trace(path)

function trace(file: string): void {
  const log = openSync(file, 'a')
  let order: KillOrder | undefined
  const write = (line: string) => void writeSync(log, `${line}\n`)
  const began = (activity: Activity) => {
    write(`+${activity}`)
    if (order?.activity !== activity || --order.occurrence > 0) return
    dieAfter(order.turns)
  }
  process.on('SIGUSR2', () => {
    order = JSON.parse(readFileSync(`${file}.kill`, 'utf8')) as KillOrder
  })
  tracingChannel<ActivityContext>(ACTIVITY_CHANNEL).subscribe({
    start: ({ activity }) => began(activity),
    asyncEnd: ({ activity }) => write(`-${activity}`),
    end: () => {},
    asyncStart: () => {},
    error: () => {}
  })
}

/** Now, or after so many turns of the event loop: between two steps of what goes on. */
function dieAfter(turns: number): void {
  if (turns === 0) process.kill(process.pid, 'SIGKILL')
  else setImmediate(() => dieAfter(turns - 1))
}
