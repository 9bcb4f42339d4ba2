import { join } from 'node:path'
import type { Command } from 'commander'
import { callControl, NotRunningError } from '../control/control-client.ts'
import type { PeerStatus, PinEntry } from '../control/index.ts'
import { UsageError } from './exit.ts'
import { invitedAddresses, reachableAddresses } from './listen.ts'
import { DEFAULT_HOME, DEFAULT_NETWORK, duration } from './options.ts'
import { pinsOf } from './pins.ts'

interface InviteOptions {
  readonly home: string
  readonly listen?: string
  readonly run?: string
  readonly expires?: number
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling invite --home a > invite.txt      then, elsewhere: starling join @invite.txt --data rows.csv
  $ starling invite --home a --run ward-study --expires 7d
Hand it over as a file: an invite on the command line shows in \`ps\` to every user of the machine. Expiry is by the
clock of whoever uses the invite, and binds newcomers only: a home that is in the run comes back with an expired one.`

/** `starling invite`: a fresh invite to a run that a home holds. */
export function addInvite(program: Command): void {
  program
    .command('invite')
    .description('print an invite to a run in the home, with the addresses that its peer has now')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--run <run>', 'id or name of the run (default: the only one in the home)')
    .option('--expires <time>', 'for how long it may be used, such as 12h or 7d (default: for ever)', duration)
    .option('--listen <multiaddr>', 'where the peer will listen, while it does not run (default: as in the home)')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(invite)
}

async function invite(options: InviteOptions): Promise<void> {
  const run = chooseRun(await pinsOf(options), options)
  const [{ encodeInvite }, { CID }, { readSwarmKey }] = await Promise.all([
    import('../../protocols/envelope/index.ts'),
    import('multiformats/cid'),
    import('../../storage/index.ts')
  ])
  const swarmKey = (await readSwarmKey(options.home))?.fingerprint
  const addresses = invitedAddresses(await addressesOf(options))
  const notAfter = options.expires === undefined ? undefined : Date.now() + options.expires
  const text = encodeInvite({
    v: 1,
    run: CID.parse(run.root).bytes,
    network: await networkOf(options.home, run.root),
    addresses,
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(swarmKey === undefined ? {} : { swarmKey })
  })
  const document = { invite: text, run: run.root, name: run.name, addresses, notAfter: notAfter ?? null }
  process.stdout.write(options.json === true ? `${JSON.stringify(document)}\n` : `${text}\n`)
}

/** The run that was asked for, or the only one. Throws UsageError with those that there are. */
function chooseRun(pins: readonly PinEntry[], { home, run }: InviteOptions): PinEntry {
  const runs = pins.filter(({ kind }) => kind === 'run')
  const found = run === undefined ? runs : runs.filter(({ root, name }) => root === run || name === run)
  const [first, ...others] = found
  if (first !== undefined && others.length === 0) return first
  const names = (some: readonly PinEntry[]) => some.map(({ root, name }) => `${name} (${root})`).join(', ')
  if (runs.length === 0) {
    throw new UsageError(`${home} holds no run: \`starling create\` makes one, \`starling join\` brings one`)
  }
  if (first === undefined) throw new UsageError(`${home} holds no run "${run}": it holds ${names(runs)}`)
  throw new UsageError(`${home} holds ${found.length} of them: say which with --run, by its id: ${names(found)}`)
}

/** Where the running peer listens, or where it will: an address without a port would lead nowhere. */
async function addressesOf({ home, listen }: InviteOptions): Promise<string[]> {
  try {
    return ((await callControl(home, 'GET', '/status')) as PeerStatus).addresses
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error
  }
  const [{ peekIdentity }, { authorOf }, { peerText }] = await Promise.all([
    import('../../storage/index.ts'),
    import('../../protocols/envelope/index.ts'),
    import('../../protocols/links/index.ts')
  ])
  const key = await peekIdentity(home)
  if (listen === undefined || listen.endsWith('/tcp/0') || key === undefined) {
    throw new UsageError(`the peer in ${home} has no port yet: start it first, or give --listen with a port`)
  }
  return reachableAddresses(listen, peerText(authorOf(key)))
}

/** As remembered when the run was made or joined. */
async function networkOf(home: string, run: string): Promise<string> {
  const { CONFIG_FILE, readConfigFile } = await import('../config.ts')
  const { remembered } = await readConfigFile(join(home, CONFIG_FILE))
  return remembered.networks?.[run] ?? remembered.network ?? DEFAULT_NETWORK
}
