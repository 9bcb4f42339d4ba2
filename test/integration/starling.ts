/** The `starling` binary as people run it: a process of its own, on this Node, with everything that it starts. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atEnd } from '../at-end.ts'
import type { Owner } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const BINARY = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))

/** Children inherit it: whoever carries the mark was started, directly or not, by one `starling`. */
const MARK_VARIABLE = 'STARLING_TEST_MARK'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** One started `starling`. */
export class Starling {
  readonly #child: ChildProcess
  readonly #mark = randomUUID()
  readonly finished: Promise<Finished>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    // Started by its first line, as a shell does; on this Node.
    const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
    const env = { ...process.env, PATH: path, ...environment, [MARK_VARIABLE]: this.#mark }
    this.#child = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.finished = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves once stderr holds a text. Rejects when the process ends without it. */
  async says(text: string): Promise<void> {
    await waitFor(`stderr to say "${text}", it says:\n${this.stderr}`, () => {
      if (this.stderr.includes(text)) return true
      assert.equal(this.#child.exitCode, null, `ended without "${text}":\n${this.stderr}`)
      return false
    })
  }

  /** Ids of living processes that this one started, itself included. */
  async alive(): Promise<number[]> {
    const ids = (await readdir('/proc')).map(Number).filter((id) => id > 0)
    const marks = await Promise.all(ids.map(async (id) => ((await carries(id, this.#mark)) ? [id] : [])))
    return marks.flat()
  }

  /** Kills what is left, for a test that failed half way. */
  async cleanUp(): Promise<void> {
    for (const id of await this.alive()) {
      try {
        process.kill(id, 'SIGKILL')
      } catch {
        // Gone since it was listed.
      }
    }
    await this.finished
  }
}

async function carries(id: number, mark: string): Promise<boolean> {
  // A process that is gone, a zombie or somebody else's has no environment to read.
  const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').includes(`${MARK_VARIABLE}=${mark}`)
}

/** Starts `starling` with these words; it does not outlive the test. */
export function start(t: Owner, ...args: string[]): Starling {
  return startIn({}, t, ...args)
}

/** The same with variables of the environment set. */
export function startIn(environment: Readonly<Record<string, string>>, t: Owner, ...args: string[]): Starling {
  const starling = new Starling(args, environment)
  atEnd(t, () => starling.cleanUp())
  return starling
}

/** Runs `starling` to its end and makes sure that no process is left. */
export async function run(t: Owner, ...args: string[]): Promise<Finished> {
  const starling = start(t, ...args)
  const finished = await starling.finished
  assert.deepEqual(await starling.alive(), [], 'processes are left')
  return finished
}

/** Runs `starling … --json` and reads its document; anything but exit 0 and one document is a failure. */
export async function runJson(t: Owner, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(t, ...args, '--json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}
