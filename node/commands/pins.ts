import type { Command } from 'commander'
import { callControl } from '../control/control-client.ts'
import type { PinEntry } from '../control/index.ts'
import { DEFAULT_HOME } from './options.ts'
import { reachHome } from './reach-home.ts'

interface PinsOptions {
  readonly home: string
  readonly json?: boolean
}

/** What these commands need, from the running peer or from the home itself. */
interface PinStore {
  list(): Promise<PinEntry[]>
  pin(root: string): Promise<PinEntry>
  unpin(root: string): Promise<boolean>
}

/** `starling checkpoints`, `pins`, `pin` and `unpin`: what a home keeps, whether or not its peer runs. */
export function addPins(program: Command): void {
  const verb = (name: string, description: string, examples: string) =>
    program
      .command(name)
      .description(description)
      .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
      .option('--json', 'print one JSON document on stdout')
      .addHelpText('after', `\nExamples:\n  $ starling ${examples}`)
  verb('checkpoints', 'checkpoints that the home keeps, newest first', 'checkpoints --home keeper').action(
    async (options: PinsOptions) =>
      print(
        options,
        (await pinsOf(options)).filter(({ kind }) => kind === 'checkpoint')
      )
  )
  verb(
    'pins',
    'everything that the home keeps: runs, checkpoints, and what a user pinned',
    'pins --home keeper'
  ).action(async (options: PinsOptions) => print(options, await pinsOf(options)))
  verb(
    'pin',
    'keep a CID with all that it links to, fetched from peers where it is not here',
    'pin bafy… --home keeper'
  )
    .argument('<cid>', 'root of what to keep')
    .action(async (root: string, options: PinsOptions) =>
      print(options, [await withPins(options.home, (store) => store.pin(root))])
    )
  verb('unpin', 'no longer keep a CID; its blocks go with the next sweep', 'unpin bafy… --home keeper')
    .argument('<cid>', 'a root that is kept')
    .action(unpin)
}

async function unpin(root: string, { home, json }: PinsOptions): Promise<void> {
  const removed = await withPins(home, (store) => store.unpin(root))
  if (!removed) throw new Error(`${root} is not kept in ${home}: \`starling pins\` lists what is`)
  process.stdout.write(json === true ? `${JSON.stringify({ removed: root })}\n` : `no longer kept: ${root}\n`)
}

/** What a home keeps, newest first, whether or not its peer runs. */
export async function pinsOf({ home }: { home: string }): Promise<PinEntry[]> {
  const pins = await withPins(home, (store) => store.list())
  return pins.sort((a, b) => b.createdAt - a.createdAt)
}

function print({ json }: PinsOptions, pins: readonly PinEntry[]): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(pins)}\n`)
    return
  }
  for (const { root, kind, by, createdAt, round } of pins) {
    const where = round === undefined ? kind : `${kind} of round ${round}`
    process.stdout.write(`${root}  ${where}, kept by ${by} since ${new Date(createdAt).toISOString()}\n`)
  }
}

/** Asks the peer that runs in the home; where none does, the home is opened, without a network. */
function withPins<T>(home: string, work: (store: PinStore) => Promise<T>): Promise<T> {
  return reachHome({ running: () => work(remotePins(home)), alone: () => withOwnPins(home, work) })
}

async function withOwnPins<T>(home: string, work: (store: PinStore) => Promise<T>): Promise<T> {
  const [{ openHome, openStorage }, { parseCid, pinEntry }] = await Promise.all([
    import('../../storage/index.ts'),
    import('../run/pin-entry.ts')
  ])
  const opened = await openHome(home)
  try {
    const storage = await openStorage({ home: opened })
    const { pins } = storage
    try {
      return await work({
        list: async () => (await pins.list()).map(pinEntry),
        pin: async (root) =>
          pinEntry(await pins.keep(parseCid(root), { kind: 'other', by: 'user', createdAt: Date.now() })),
        unpin: (root) => pins.unkeep(parseCid(root))
      })
    } finally {
      await storage.close()
    }
  } finally {
    await opened.close()
  }
}

function remotePins(home: string): PinStore {
  const path = (root: string) => `/pins/${encodeURIComponent(root)}`
  return {
    list: async () => (await callControl(home, 'GET', '/pins')) as PinEntry[],
    pin: async (root) => (await callControl(home, 'PUT', path(root))) as PinEntry,
    unpin: async (root) => ((await callControl(home, 'DELETE', path(root))) as { removed: boolean }).removed
  }
}
