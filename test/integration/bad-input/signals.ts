/** Signals, and a terminal that is closed. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInvitedRun } from '../invited-run.ts'
import { type Finished, start, startIn } from '../starling.ts'
import { waitFor } from '../wait-for.ts'
import type { BadInput, Place } from './case.ts'
import { exists, roundsIn } from './world.ts'

const MAIN = fileURLToPath(new URL('../../../node/main.ts', import.meta.url))

/** Longer than any test. */
const ENDLESS = ['--rounds', '1000000']

const DEMO = ['demo', '--peers', '2', '--data', 'wdbc', '--model', 'linear', '--local-steps', '1', ...ENDLESS]

const INTERRUPTED = 130

/** A home of its own with a run that does not end, and the words that join it. */
async function endlessRun({ world, t, home }: Place): Promise<{ join: string[]; start: string[] }> {
  const folder = `${home}-run`
  await cp(world.path('good.csv'), join(folder, 'good.csv'), { recursive: true })
  const created = await createInvitedRun(t, folder, ...ENDLESS)
  await cp(created.home, home, { recursive: true })
  const common = [created.invite, '--home', home, '--listen', '/ip4/127.0.0.1/tcp/0']
  return { join: ['join', ...common, '--data', created.data, '--wait-for-links', '0'], start: ['start', ...common] }
}

function joinUntil(signal: NodeJS.Signals): BadInput['play'] {
  return async (place) => {
    const starling = start(place.t, ...(await endlessRun(place)).join)
    await waitFor('some rounds', async () => (await roundsIn(place.home)) > 10)
    starling.kill(signal)
    return leftNothing(await starling.finished, () => starling.alive())
  }
}

function startUntil(signal: NodeJS.Signals): BadInput['play'] {
  return async (place) => {
    const starling = start(place.t, ...(await endlessRun(place)).start)
    await starling.says('following run')
    starling.kill(signal)
    return leftNothing(await starling.finished, () => starling.alive())
  }
}

function demoUntil(signal: NodeJS.Signals): BadInput['play'] {
  return async ({ world, t, home }) => {
    const folder = `${home}-tmp`
    await cp(world.path('good.csv'), join(folder, 'good.csv'), { recursive: true })
    const starling = startIn({ TMPDIR: folder }, t, ...DEMO, '--json')
    await waitFor('the demo and its three peers', async () => (await starling.alive()).length === 4)
    starling.kill(signal)
    return leftNothing(await starling.finished, () => starling.alive())
  }
}

async function leftNothing(finished: Finished, alive: () => Promise<number[]>): Promise<Finished> {
  assert.deepEqual(await alive(), [], 'processes are left')
  return finished
}

/** Runs a command on a terminal of its own and closes that; the exit code comes by way of a file. */
async function onClosedTerminal(
  { t, home }: Place,
  words: readonly string[],
  isUnderWay: (screen: string) => boolean | Promise<boolean>,
  environment: Readonly<Record<string, string>> = {}
): Promise<Finished> {
  const codeFile = `${home}-code`
  const tell = `import { writeFileSync } from 'node:fs'\nprocess.on('exit', (code) => writeFileSync(${JSON.stringify(codeFile)}, String(code)))\n`
  await writeFile(`${home}-tell.mjs`, tell)
  const command = [process.execPath, '--import', `${home}-tell.mjs`, MAIN, ...words]
    .map((word) => `'${word}'`)
    .join(' ')
  // script(1) of util-linux gives the command a pseudo-terminal, which goes when script is killed.
  const terminal: ChildProcess = spawn('script', ['-qfec', `exec ${command}`, '/dev/null'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  t.after(async () => void terminal.kill('SIGKILL'))
  let screen = ''
  terminal.stdout!.setEncoding('utf8').on('data', (text: string) => {
    screen += text
  })
  await waitFor('the command on the terminal', async () => (await isUnderWay(screen)) || undefined)
  terminal.kill('SIGKILL')
  await waitFor('the command to end', () => exists(codeFile))
  return { code: Number(await readFile(codeFile, 'utf8')), signal: null, stdout: '', stderr: '' }
}

/** The demo's table was drawn some times; a cursor is hidden each time. */
const isRedrawn = (screen: string): boolean => screen.split('\u001b[?25l').length > 20

const COPY_SAVED: Pick<BadInput, 'state' | 'check'> = {
  state: 'the copy is saved, no process is left',
  check: async ({ home }) => assert.equal((await readdir(join(home, 'copies'))).length, 1, 'no copy')
}

const CLOSED: Pick<BadInput, 'state' | 'check'> = {
  state: 'the stores are closed in order, no process is left',
  check: async ({ home }) => assert.match(await readFile(join(home, 'stores.json'), 'utf8'), /"clean":true/)
}

const NO_FILE: Pick<BadInput, 'state' | 'check'> = {
  state: 'no file and no process is left',
  check: async ({ home }) => assert.deepEqual(await readdir(`${home}-tmp`), ['good.csv'])
}

const JOIN_SAYS = 'stopped in round N; the copy is saved, `starling join` with the same home goes on'
const START_SAYS = 'stopped; start again with the same home to go on'
const DEMO_SAYS = 'interrupted: all peers are stopped'

const onSignals = (
  verb: string,
  until: (signal: NodeJS.Signals) => BadInput['play'],
  rest: Omit<BadInput, 'input' | 'exitCode' | 'play'>
) =>
  (['SIGTERM', 'SIGHUP'] as const).map((signal) => ({
    ...rest,
    input: `${verb}: \`${signal}\``,
    exitCode: INTERRUPTED,
    play: until(signal)
  }))

export const SIGNALS: readonly BadInput[] = [
  ...onSignals('join', joinUntil, { sentence: JOIN_SAYS, ...COPY_SAVED }),
  {
    input: 'join: its terminal is closed',
    sentence: '',
    exitCode: INTERRUPTED,
    ...COPY_SAVED,
    play: async (place) =>
      onClosedTerminal(place, (await endlessRun(place)).join, async () => (await roundsIn(place.home)) > 10)
  },
  ...onSignals('start', startUntil, { sentence: START_SAYS, ...CLOSED }),
  {
    input: 'start: its terminal is closed',
    sentence: '',
    exitCode: INTERRUPTED,
    ...CLOSED,
    play: async (place) =>
      onClosedTerminal(place, (await endlessRun(place)).start, (screen) => screen.includes('following run'))
  },
  ...onSignals('demo', demoUntil, { sentence: DEMO_SAYS, ...NO_FILE }),
  {
    input: 'demo: its terminal is closed',
    sentence: '',
    exitCode: INTERRUPTED,
    ...NO_FILE,
    play: async (place) => {
      const folder = `${place.home}-tmp`
      await cp(place.world.path('good.csv'), join(folder, 'good.csv'), { recursive: true })
      return onClosedTerminal(place, DEMO, isRedrawn, { TMPDIR: folder })
    }
  }
]
