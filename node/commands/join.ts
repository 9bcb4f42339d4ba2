import type { Command } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { createLog } from './log.ts'
import { DEFAULT_HOME, whole } from './options.ts'
import { openSession } from './peer-session.ts'
import { readInvite } from './read-invite.ts'

interface JoinOptions {
  readonly data: string
  readonly test?: string
  readonly home: string
  readonly listen?: string
  readonly seed: number
  readonly waitForLinks: number
  readonly waitSeconds: number
  readonly lingerSeconds: number
  readonly engine?: 'wasm' | 'cpu'
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling join starling1b… --home b --data ward-2.csv
  $ starling join @invite.txt --home b --data ward-2.csv --wait-for-links 3
  $ cat invite.txt | starling join - --home b --data ward-2.csv`

/** Progress is logged about this often. */
const LOG_INTERVAL_MS = 5000

/** `starling join`: trains in a run until it ends or is stopped. */
export function addJoin(program: Command): void {
  program
    .command('join')
    .description('join a run and train on the own rows until the run ends or is stopped')
    .argument('<invite>', 'the invite, @FILE that holds it, or - for standard input')
    .requiredOption('--data <file>', 'own rows, CSV or TSV; they stay here')
    .option('--test <file>', 'measure on these rows instead of a held-out part of the own')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where to listen (default: a free port on all interfaces, kept in the home)')
    .option('--seed <s>', 'decides the order of rows and what is held out', whole(0), 1)
    .option('--wait-for-links <n>', 'neighbours to wait for before the first round', whole(0, 64), 1)
    .option('--wait-seconds <s>', 'longest wait for them', whole(0, 86_400), 60)
    .option('--linger-seconds <s>', 'keep serving after the end, for neighbours that are behind', whole(0, 86_400), 15)
    .option('--engine <name>', 'wasm or cpu (pure JavaScript)')
    .option('--json', 'print one JSON document on stdout at the end')
    .addHelpText('after', EXAMPLES)
    .action(join)
}

async function join(argument: string, options: JoinOptions): Promise<void> {
  const invite = await readInvite(argument)
  const log = await createLog('join')
  const { signal, dispose } = interruptSignal()
  const closers: (() => Promise<void>)[] = []
  try {
    // A file that cannot be read is said before a home is made for it; the worker reads it again, by the run's schema.
    const { checkTable, describeNotes } = await import('../data/index.ts')
    for (const path of [options.data, options.test ?? []].flat()) await checkTable(path, { signal })
    const { peer, run } = await openSession({ ...options, invite, log }, signal)
    closers.push(() => peer.stop())
    const [{ startVectorWorker }, { TrainerRun }, { openControl }, { purgeRun }] = await Promise.all([
      import('../vectors/index.ts'),
      import('../run/trainer-run.ts'),
      import('../run/open-control.ts'),
      import('../run/purge-run.ts')
    ])
    const vectors = await startVectorWorker({
      manifest: run.manifestBytes,
      modelJson: run.modelJson,
      initial: new Uint8Array(run.initial.buffer, run.initial.byteOffset, run.initial.byteLength),
      rows: { data: options.data, seed: options.seed, ...(options.test === undefined ? {} : { test: options.test }) },
      ...(options.engine === undefined ? {} : { engine: options.engine })
    })
    closers.push(() => vectors.close())
    const { report } = vectors
    log.info(`${report.samples} rows to train on, ${report.heldOut} held out, engine ${report.engine}`)
    if (report.engineReason !== undefined) log.warn(report.engineReason)
    const { batch, rounds } = run.manifest.training
    if (report.batch < batch) log.warn(`batch cut from ${batch} to the ${report.batch} rows there are`)
    for (const note of describeNotes(report.notes)) log.warn(note)
    let loggedAt = 0
    const trainer = new TrainerRun({
      peer,
      run,
      network: invite.network,
      invite,
      vectors,
      company: { links: options.waitForLinks, ms: 1000 * options.waitSeconds },
      onRound: ({ round, phase, loss, links }) => {
        if (Date.now() - loggedAt < LOG_INTERVAL_MS) return
        loggedAt = Date.now()
        log.info(
          `round ${round + 1} of ${rounds} (${phase}), ${links} links${loss === undefined ? '' : `, loss ${loss.toFixed(3)}`}`
        )
      },
      onCheckpoint: ({ root }, { round }) => log.info(`checkpoint of round ${round}: ${root}`),
      onNotice: (message) => log.warn(message)
    })
    closers.push(() => trainer.stop())
    await trainer.start()
    const control = await openControl({ peer, run, network: invite.network, roles: ['trainer'], running: trainer })
    closers.push(() => control.close())
    const session = AbortSignal.any([signal, control.leaving])
    const { end, rounds: played } = await trainer.train(session)
    if (control.leaving.aborted) {
      await trainer.stop()
      if (control.wantsPurge) await purgeRun(peer, run)
      log.info(`left the run in round ${played}${control.wantsPurge ? ', nothing of it is kept here' : ''}`)
      return
    }
    if (end === 'interrupted') {
      log.info(`stopped in round ${played}; the copy is saved, join again with the same home to go on`)
      throw new ExitError(INTERRUPTED)
    }
    const metrics = report.heldOut > 0 ? await vectors.evaluate() : null
    log.info(
      `done after ${played} rounds${metrics === null ? '' : `, accuracy ${(100 * metrics.accuracy).toFixed(1)} %`}`
    )
    await trainer.linger(1000 * options.lingerSeconds, session)
    if (options.json === true) {
      const checkpoint = trainer.newestCheckpoint?.toString() ?? null
      process.stdout.write(`${JSON.stringify({ run: run.id.toString(), rounds: played, metrics, checkpoint })}\n`)
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    for (const close of closers.reverse()) await close()
    dispose()
  }
}
