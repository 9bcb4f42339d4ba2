import type { Command } from 'commander'
import { callControl } from '../control/control-client.ts'
import type { PinEntry } from '../control/index.ts'
import { formatBytes } from '../pinning/disk-size.ts'
import { UsageError } from './exit.ts'
import { DEFAULT_HOME } from './options.ts'
import { reachHome } from './reach-home.ts'
import { withHomeStorage } from './with-home-storage.ts'

interface PinsOptions {
  readonly home: string
  readonly config?: string
  readonly json?: boolean
}

interface PinOptions extends PinsOptions {
  readonly service?: string
  readonly name?: string
  readonly background?: boolean
  readonly status?: boolean
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
  const verb = (name: string, description: string, ...examples: string[]) =>
    program
      .command(name)
      .description(description)
      .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
      .option('--json', 'print one JSON document on stdout')
      .addHelpText('after', `\nExamples:${examples.map((example) => `\n  $ starling ${example}`).join('')}`)
  verb('checkpoints', 'checkpoints that the home keeps, newest first', 'checkpoints --home keeper').action(
    async (options: PinsOptions) =>
      print(
        options,
        (await pinsOf(options)).filter(({ kind, state }) => kind === 'checkpoint' && state === 'pinned')
      )
  )
  verb(
    'pins',
    'everything that the home keeps, or is about to, with sizes and states: runs, checkpoints, pins of users and clients',
    'pins --home keeper'
  ).action(async (options: PinsOptions) => print(options, await pinsOf(options)))
  verb(
    'pin',
    'keep a CID with all that it links to, fetched from peers where it is not here; or have a pinning service keep it',
    'pin bafy… --home keeper',
    'pin bafy… --home keeper --from /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…   from a Kubo node, for instance',
    'pin bafy… --home keeper --service backup',
    'pin --home keeper --service backup --status'
  )
    .argument('[cid]', 'root of what to keep')
    .option('--from <multiaddr>', 'address of a peer to connect to first, of Starling or of Kubo, with its peer id')
    .option('--service <name>', 'have this service keep it: one of the `services` in the settings')
    .option('--name <text>', 'with --service: what to call it there')
    .option('--background', 'with --service: do not wait until it is pinned there')
    .option('--status', 'with --service: list what the service keeps, or one CID there')
    .action(pin)
  verb(
    'unpin',
    'no longer keep a CID; its blocks go with the next sweep',
    'unpin bafy… --home keeper',
    'unpin bafy… --service backup'
  )
    .argument('<cid>', 'a root that is kept')
    .option('--service <name>', 'have this service let it go')
    .action(unpin)
}

async function pin(root: string | undefined, options: PinOptions): Promise<void> {
  const { service, name, background, status } = options
  if (service !== undefined) return (await import('./remote-pins.ts')).pinAt(root, { ...options, service })
  if (name !== undefined || background === true || status === true) {
    throw new UsageError(
      '--name, --background and --status go with --service NAME; `starling pins` lists what is kept here'
    )
  }
  if (root === undefined) throw new UsageError('name the CID to keep')
  print(options, [await keep(root, options)])
}

function keep(root: string, { home, from }: PinOptions): Promise<PinEntry> {
  if (from === undefined) return withPins(home, (store) => store.pin(root))
  return reachHome({ running: () => remotePins(home).pin(root, from), alone: () => pinFrom(home, root, from) })
}

async function unpin(root: string, options: PinOptions): Promise<void> {
  const { home, json, service } = options
  if (service !== undefined) return (await import('./remote-pins.ts')).unpinAt(root, { ...options, service })
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
  for (const pin of pins) process.stdout.write(`${describePin(pin)}\n`)
}

function describePin({ root, kind, state, bytes, by, also = [], createdAt, round, name, details }: PinEntry): string {
  const what = round === undefined ? kind : `${kind} of round ${round}`
  const called = name === undefined ? '' : ` "${name}"`
  const size = bytes === undefined ? '' : `, ${formatBytes(bytes)}`
  const keepers = [by, ...also].join(' and ')
  const why = details === undefined ? '' : `: ${details}`
  return `${root}  ${state.padEnd(7)} ${what}${called}${size}, by ${keepers} since ${new Date(createdAt).toISOString()}${why}`
}

/** Asks the peer that runs in the home; where none does, the home is opened, without a network. */
function withPins<T>(home: string, work: (store: PinStore) => Promise<T>): Promise<T> {
  return reachHome({ running: () => work(remotePins(home)), alone: () => withOwnPins(home, work) })
}

/** Keeps a root from a home that no peer runs in, as a peer for as long as this takes. */
async function pinFrom(home: string, root: string, from: string): Promise<PinEntry> {
  const [{ openHome }, { createPeer }, { pinForUser }, { pinEntry }, { parseCid }] = await Promise.all([
    import('../../storage/index.ts'),
    import('../peer.ts'),
    import('../run/pin-for-user.ts'),
    import('../run/list-pins.ts'),
    import('../run/parse-cid.ts')
  ])
  const cid = parseCid(root)
  await (await openHome(home)).close() // a peer would make a home where there is none
  const peer = await createPeer({ home, listen: [] })
  try {
    return await pinEntry(peer.storage, await pinForUser(peer, cid, from))
  } finally {
    await peer.stop()
  }
}

function withOwnPins<T>(home: string, work: (store: PinStore) => Promise<T>): Promise<T> {
  return withHomeStorage(home, async (storage) => {
    const [{ listPins, pendingRequests, pinEntry }, { parseCid }, { unpinOwn }] = await Promise.all([
      import('../run/list-pins.ts'),
      import('../run/parse-cid.ts'),
      import('../run/unpin-own.ts')
    ])
    const { pins, pinRequests } = storage
    return work({
      list: async () => listPins(storage, pendingRequests(await pinRequests.list())),
      pin: async (root) => {
        const details = { kind: 'other', by: 'user', createdAt: Date.now() } as const
        return pinEntry(storage, await pins.keep(parseCid(root), details))
      },
      unpin: (root) => unpinOwn(storage, parseCid(root))
    })
  })
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
