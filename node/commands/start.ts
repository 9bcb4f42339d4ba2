import { type Command, Option } from 'commander'
import { UsageError } from './exit.ts'
import { addUploadOptions, type UploadOptions } from './limit-options.ts'
import { DEFAULT_HOME, logLevel } from './options.ts'
import { addPinnerOptions, type PinnerOptions } from './pinner-options.ts'
import { INVITE_ARGUMENT } from './read-invite.ts'
import { readRuns } from './read-runs.ts'
import { takePart } from './take-part.ts'

interface StartOptions extends UploadOptions, PinnerOptions {
  readonly role: 'pinner'
  readonly home: string
  readonly runs?: readonly string[]
  readonly listen?: string
  readonly logLevel?: string
}

const EXAMPLES = `
Examples:
  $ starling start starling1b… --home a --role pinner      serve the run made in this home, keep its checkpoints
  $ starling start @invite.txt --home keeper --role pinner --listen /ip4/0.0.0.0/tcp/4801
  $ starling start --home keeper --runs @one.txt @two.txt --policy every:50 --quota 20GiB
  $ starling start --home keeper --pinning-api 127.0.0.1:5005      pin for others, see \`starling tokens\`
While a peer runs in the home, it follows the runs too; Ctrl-C here then leaves these runs only.`

/** `starling start`: a peer without data. */
export function addStart(program: Command): void {
  const command = program
    .command('start')
    .description('start a peer without data: a pinner introduces peers to each other and keeps checkpoints')
    .argument('[invite...]', INVITE_ARGUMENT)
    .addOption(new Option('--role <role>', 'what the peer does').choices(['pinner']).default('pinner'))
    .option('--runs <runs...>', 'runs to follow: invites as above, or ids of runs that the home was in before')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where to listen (default: as in the home, or a free port on all interfaces)')
    .option('--log-level <level>', 'least important lines to log: debug, info, warn or error', logLevel)
  addUploadOptions(addPinnerOptions(command)).addHelpText('after', EXAMPLES).action(start)
}

async function start(words: readonly string[], { role, runs = [], ...options }: StartOptions): Promise<void> {
  const { policy, quota, pinningApi, allowOrigins, force } = options
  const invites = await readRuns([...words, ...runs], options.home)
  if (invites.length === 0 && pinningApi === undefined) {
    throw new UsageError('nothing to do: name a run to follow by its invite, or offer --pinning-api')
  }
  const { encodeInvite } = await import('../../protocols/envelope/index.ts')
  const requests = invites.map((invite) => ({
    role,
    invite: encodeInvite(invite),
    ...(policy === undefined ? {} : { policy }),
    force: force === true
  }))
  await takePart({
    ...options,
    role,
    requests,
    pinning: {
      ...(quota === undefined ? {} : { quotaBytes: quota }),
      ...(pinningApi === undefined ? {} : { api: { ...pinningApi, allowOrigins: allowOrigins ?? [] } })
    }
  })
}
