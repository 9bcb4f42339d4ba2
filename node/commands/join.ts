import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { TrainingRequest } from '../control/index.ts'
import { addLimitOptions, type LimitOptions } from './limit-options.ts'
import { DEFAULT_HOME, logLevel, whole } from './options.ts'
import { withProgress } from './progress.ts'
import { INVITE_ARGUMENT, readInvite } from './read-invite.ts'
import { takePart } from './take-part.ts'

export interface JoinOptions extends LimitOptions {
  /** Absent where the home remembers it. */
  readonly data?: string
  readonly test?: string
  readonly home: string
  readonly listen?: string
  readonly logLevel?: string
  readonly seed: number
  readonly waitForLinks: number
  readonly waitSeconds: number
  readonly lingerSeconds: number
  readonly engine?: 'wasm' | 'cpu'
  readonly history: 'recent' | 'all'
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling join starling1b… --home b --data ward-2.csv
  $ starling join @invite.txt --home b --data ward-2.csv --wait-for-links 3
  $ cat invite.txt | starling join - --home b --data ward-2.csv
  $ starling join --home b                                     # goes on after a stop, a crash or a power cut
While a peer runs in the home, it takes part in this run too; Ctrl-C here then leaves this run only. Without an invite the
run that the home joined last goes on, with the same rows and options; what stands on the command line goes before.`

/** `starling join`: trains in a run until it ends or is stopped. */
export function addJoin(program: Command): void {
  const command = program
    .command('join')
    .description('join a run and train on the own rows until the run ends or is stopped')
    .argument('[invite]', `${INVITE_ARGUMENT}; left out, the run goes on that the home joined last`)
    .option('--data <file>', 'own rows: CSV, TSV, .npz or a folder of images; they stay here')
    .option('--test <file>', 'measure on these rows instead of a held-out part of the own')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where to listen (default: a free port on all interfaces, kept in the home)')
    .option('--seed <s>', 'decides the order of rows and what is held out', whole(0), 1)
    .option('--wait-for-links <n>', 'neighbours to wait for before the first round', whole(0, 64), 1)
    .option('--wait-seconds <s>', 'longest wait for them', whole(0, 86_400), 60)
    .option('--linger-seconds <s>', 'keep serving after the end, for neighbours that are behind', whole(0, 86_400), 15)
    .addOption(new Option('--engine <name>', 'wasm or cpu (pure JavaScript)').choices(['wasm', 'cpu']))
    .addOption(
      new Option('--history <what>', 'what to keep of the own deltas: recent, as a restart needs, or all for auditors')
        .choices(['recent', 'all'])
        .default('recent')
    )
    .option('--log-level <level>', 'least important lines to log: debug, info, warn or error', logLevel)
  addLimitOptions(command)
    .option('--json', 'print one JSON document on stdout at the end')
    .addHelpText('after', EXAMPLES)
    .action(join)
}

async function join(argument: string | undefined, options: JoinOptions, command: Command): Promise<void> {
  const { request, maxUpload } =
    argument === undefined
      ? await (await import('./resume-join.ts')).requestToResume(options, command)
      : await requestToJoin(argument, options, command)
  const { checkData } = await import('../data/index.ts')
  // A file that cannot be read is said before a home is made for it; the worker reads it again, by the run's schema.
  for (const path of [request.data, request.test ?? []].flat())
    await withProgress(`reading ${path}`, () => checkData(path), options)
  await takePart({
    ...options,
    ...(maxUpload === undefined ? {} : { maxUpload }),
    role: 'trainer',
    requests: [request],
    onDone: ({ type, ...end }) => {
      if (options.json === true) process.stdout.write(`${JSON.stringify(end)}\n`)
    }
  })
}

async function requestToJoin(
  argument: string,
  options: JoinOptions,
  command: Command
): Promise<{ request: TrainingRequest; maxUpload?: number }> {
  const { data } = options
  if (data === undefined) {
    command.error("error: required option '--data <file>' not specified", {
      code: 'commander.missingMandatoryOptionValue'
    })
  }
  const invite = await readInvite(argument, options)
  const { encodeInvite } = await import('../../protocols/envelope/index.ts')
  return {
    request: {
      role: 'trainer',
      invite: encodeInvite(invite),
      data: resolve(data),
      ...(options.test === undefined ? {} : { test: resolve(options.test) }),
      seed: options.seed,
      waitForLinks: options.waitForLinks,
      waitSeconds: options.waitSeconds,
      lingerSeconds: options.lingerSeconds,
      ...(options.engine === undefined ? {} : { engine: options.engine }),
      ...(options.maxCpu === undefined ? {} : { maxCpu: options.maxCpu }),
      ...(options.hours === undefined ? {} : { hours: options.hours.text }),
      pauseOnMetered: options.pauseOnMetered === true,
      history: options.history,
      force: options.force === true
    },
    ...(options.maxUpload === undefined ? {} : { maxUpload: options.maxUpload })
  }
}
