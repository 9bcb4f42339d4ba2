import type { Command } from 'commander'
import { callControl } from '../control/control-client.ts'
import type { PinEntry } from '../control/index.ts'
import { DEFAULT_HOME } from './options.ts'
import { reachHome } from './reach-home.ts'

interface PinsOptions {
  readonly home: string
  readonly json?: boolean
}

interface PinOptions extends PinsOptions {
  readonly from?: string
}

/** What these commands need, from the running peer or from the home itself. */
interface PinStore {
  list(): Promise<PinEntry[]>
  pin(root: string, from?: string): Promise<PinEntry>
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
    'pin bafy… --home keeper\n' +
      '  $ starling pin bafy… --home keeper --from /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…   from a Kubo node, for instance'
  )
    .argument('<cid>', 'root of what to keep')
    .option('--from <multiaddr>', 'address of a peer to connect to first, of Starling or of Kubo, with its peer id')
    .action(async (root: string, options: PinOptions) => print(options, [await pin(root, options)]))
  verb('unpin', 'no longer keep a CID; its blocks go with the next sweep', 'unpin bafy… --home keeper')
    .argument('<cid>', 'a root that is kept')
    .action(unpin)
}

function pin(root: string, { home, from }: PinOptions): Promise<PinEntry> {
  if (from === undefined) return withPins(home, (store) => store.pin(root))
  return reachHome({ running: () => remotePins(home).pin(root, from), alone: () => pinFrom(home, root, from) })
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

/** Keeps a root from a home that no peer runs in, as a peer for as long as this takes. */
async function pinFrom(home: string, root: string, from: string): Promise<PinEntry> {
  const [{ openHome }, { createPeer }, { pinForUser }, { parseCid, pinEntry }] = await Promise.all([
    import('../../storage/index.ts'),
    import('../peer.ts'),
    import('../run/pin-for-user.ts'),
    import('../run/pin-entry.ts')
  ])
  const cid = parseCid(root)
  await (await openHome(home)).close() // a peer would make a home where there is none
  const peer = await createPeer({ home, listen: [] })
  try {
    return pinEntry(await pinForUser(peer, cid, from))
  } finally {
    await peer.stop()
  }
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
    pin: async (root, from) => {
      const query = from === undefined ? '' : `?${new URLSearchParams({ from })}`
      return (await callControl(home, 'PUT', `${path(root)}${query}`)) as PinEntry
    },
    unpin: async (root) => ((await callControl(home, 'DELETE', path(root))) as { removed: boolean }).removed
  }
}
