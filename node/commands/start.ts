import { once } from 'node:events'
import { type Command, Option } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { createLog } from './log.ts'
import { DEFAULT_HOME } from './options.ts'
import { openSession } from './peer-session.ts'
import { readInvite } from './read-invite.ts'

interface StartOptions {
  readonly role: 'pinner'
  readonly home: string
  readonly listen?: string
}

const EXAMPLES = `
Examples:
  $ starling start starling1b… --home a --role pinner      serve the run made in this home, keep its checkpoints
  $ starling start @invite.txt --home keeper --role pinner --listen /ip4/0.0.0.0/tcp/4801`

/** `starling start`: a peer without data. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description('start a peer without data: a pinner introduces peers to each other and keeps checkpoints')
    .argument('<invite>', 'the invite, @FILE that holds it, or - for standard input')
    .addOption(new Option('--role <role>', 'what the peer does').choices(['pinner']).default('pinner'))
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where to listen (default: as in the home, or a free port on all interfaces)')
    .addHelpText('after', EXAMPLES)
    .action(start)
}

async function start(argument: string, options: StartOptions): Promise<void> {
  const invite = await readInvite(argument)
  const log = await createLog(options.role)
  const { signal, dispose } = interruptSignal()
  try {
    const { peer, run } = await openSession({ ...options, invite, log }, signal)
    try {
      const [{ PinnerRun }, { openControl }, { purgeRun }] = await Promise.all([
        import('../run/pinner-run.ts'),
        import('../run/open-control.ts'),
        import('../run/purge-run.ts')
      ])
      const pinner = new PinnerRun({
        peer,
        run,
        network: invite.network,
        invite,
        onPinned: ({ root, round, phase, accuracy }) => {
          const measured = accuracy === undefined ? '' : `, accuracy ${(100 * accuracy).toFixed(1)} %`
          log.info(`pinned checkpoint ${root} of round ${round} (${phase}${measured})`)
        },
        onNotice: (message) => log.warn(message)
      })
      await pinner.start()
      const control = await openControl({ peer, run, network: invite.network, roles: ['pinner'], running: pinner })
      log.info(`following run ${run.id}; Ctrl-C stops`)
      const session = AbortSignal.any([signal, control.leaving])
      if (!session.aborted) await once(session, 'abort')
      await control.close()
      await pinner.stop()
      if (control.leaving.aborted) {
        if (control.wantsPurge) await purgeRun(peer, run)
        log.info('left the run')
        return
      }
    } finally {
      await peer.stop()
    }
    log.info('stopped; start again with the same home to go on')
    throw new ExitError(INTERRUPTED)
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}
