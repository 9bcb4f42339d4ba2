import { type Command, Option } from 'commander'
import { addUploadOptions, type UploadOptions } from './limit-options.ts'
import { DEFAULT_HOME, logLevel } from './options.ts'
import { INVITE_ARGUMENT, readInvite } from './read-invite.ts'
import { takePart } from './take-part.ts'

interface StartOptions extends UploadOptions {
  readonly role: 'pinner'
  readonly home: string
  readonly listen?: string
  readonly logLevel?: string
}

const EXAMPLES = `
Examples:
  $ starling start starling1b… --home a --role pinner      serve the run made in this home, keep its checkpoints
  $ starling start @invite.txt --home keeper --role pinner --listen /ip4/0.0.0.0/tcp/4801
While a peer runs in the home, it follows this run too; Ctrl-C here then leaves this run only.`

/** `starling start`: a peer without data. */
export function addStart(program: Command): void {
  const command = program
    .command('start')
    .description('start a peer without data: a pinner introduces peers to each other and keeps checkpoints')
    .argument('<invite>', INVITE_ARGUMENT)
    .addOption(new Option('--role <role>', 'what the peer does').choices(['pinner']).default('pinner'))
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where to listen (default: as in the home, or a free port on all interfaces)')
    .option('--log-level <level>', 'least important lines to log: debug, info, warn or error', logLevel)
  addUploadOptions(command).addHelpText('after', EXAMPLES).action(start)
}

async function start(argument: string, { role, ...options }: StartOptions): Promise<void> {
  const invite = await readInvite(argument, options)
  const { encodeInvite } = await import('../../protocols/envelope/index.ts')
  await takePart({ ...options, request: { role, invite: encodeInvite(invite), force: options.force === true } })
}
