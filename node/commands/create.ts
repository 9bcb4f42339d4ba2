import type { Command } from 'commander'
import type { DraftRun } from '../run/create-run.ts'
import { DEFAULT_PLAN } from '../run/run-plan.ts'
import { canAsk, confirm } from './confirm.ts'
import { ExitError, UsageError } from './exit.ts'
import { ANY_ADDRESS, invitedAddresses, reachableAddresses, withFixedPort } from './listen.ts'
import { codec, DEFAULT_HOME, DEFAULT_NETWORK, duration, list, MODEL_FORMS, whole } from './options.ts'
import { addPersonalOptions, type PersonalOptions, requireOnePersonalisation } from './personal-options.ts'
import { withProgress } from './progress.ts'
import { addStartingOptions, readStart, requireOneStart, type StartingOptions } from './starting-options.ts'
import {
  addMixingOptions,
  learningRateOption,
  type MixingOptions,
  momentumOption,
  optimiserOption,
  proofOption,
  requireConsistent,
  type TrainingOptions,
  taskOption
} from './training-options.ts'

export interface CreateOptions extends TrainingOptions, MixingOptions, PersonalOptions, StartingOptions {
  readonly data?: string[]
  readonly label?: string
  readonly classes?: string[]
  readonly name: string
  readonly home: string
  readonly listen?: string
  readonly network: string
  readonly model?: string
  readonly rounds: number
  readonly localSteps: number
  readonly batch: number
  readonly codec: 'f32' | 'f16' | 'int8' | 'int4'
  readonly seed: number
  readonly checkpointEvery: number
  readonly proof: 'none' | 'snapshots'
  readonly expires?: number
  readonly yes?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling create --home a --data ward-1.csv --label outcome
  $ starling create --home a --data birds            a folder of images for each class
  $ starling create --home a --data ward-1.csv --label outcome --classes alive,dead --model mlp:32 --rounds 200
  $ starling create --home a --data flats.csv --label rent --task regression --optimiser adam
  $ starling create --home a --data ward-1.csv --label outcome --model my-model/model.json
  $ starling create --home a --from bafy… --rounds 40                   goes on from a checkpoint, as a run of its own
  $ starling create --home a --data ward-1.csv --label outcome --initial model.safetensors
Then, with the invite that it prints:
  $ starling start INVITE --home a --role pinner      (here: serves the run)
  $ starling join INVITE --home b --data ward-2.csv   (elsewhere: trains)`

/** `starling create`: writes a run into a home and prints its invite. */
export function addCreate(program: Command): void {
  const command = program
    .command('create')
    .description('write a run: schema, model, initial weights; prints run id and invite')
    .option('--data <files...>', 'CSV, TSV, .npz or folders of images that make the schema; their rows stay here')
    .option('--label <column>', 'column to predict; images and .npz need none')
    .addOption(taskOption())
    .option('--classes <names>', 'classes that these files lack, separated by commas', list)
    .option('--name <name>', 'name of the run', 'run')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where this peer will listen (default: a free port on all interfaces)')
    .option('--network <name>', 'name of the network', DEFAULT_NETWORK)
    .option('--model <spec>', `${MODEL_FORMS} (default: ${DEFAULT_PLAN.model})`)
    .option('--rounds <r>', 'training rounds', whole(1, 10_000_000), DEFAULT_PLAN.rounds)
    .option('--local-steps <h>', 'optimiser steps in a round', whole(1, 100_000), DEFAULT_PLAN.localSteps)
    .option('--batch <rows>', 'rows in a step', whole(1, 65_536), DEFAULT_PLAN.batch)
    .addOption(optimiserOption())
    .addOption(momentumOption())
    .addOption(learningRateOption())
    .option('--codec <name>', 'how deltas are written: int4, int8, f16 or f32', codec, DEFAULT_PLAN.codec)
  addPersonalOptions(addMixingOptions(addStartingOptions(command)))
    .option('--seed <s>', 'decides the initial weights', whole(0, 0xffff_ffff), DEFAULT_PLAN.seed)
    .option('--checkpoint-every <rounds>', 'rounds between checkpoints', whole(1), DEFAULT_PLAN.checkpointEveryRounds)
    .addOption(proofOption())
    .option('--expires <time>', 'for how long the invite may be used, such as 12h or 7d (default: for ever)', duration)
    .option('--yes', 'write the run without asking whether its values may become public')
    .option('--force', 'try it even if the estimate says that memory or disk will not do')
    .option('--json', 'print one JSON document on stdout; needs --yes')
    .addHelpText('after', EXAMPLES)
    .action(create)
}

async function create(options: CreateOptions): Promise<void> {
  requireConsistent(options)
  const [
    { openHome, openStorage, readSwarmKey },
    { createRun },
    { readHomeConfig, rememberRun, writeHomeConfig },
    { authorOf, encodeInvite },
    { peerText }
  ] = await Promise.all([
    import('../../storage/index.ts'),
    import('../run/create-run.ts'),
    import('../run/home-config.ts'),
    import('../../protocols/envelope/index.ts'),
    import('../../protocols/links/index.ts')
  ])
  if (options.yes !== true && (options.json === true || !canAsk())) {
    throw new UsageError(
      'create makes values of your files public for ever and has nobody here to ask: ' +
        'look at them with `starling preview`, then add --yes'
    )
  }
  // What is wrong with the files or the model is said before a home is made for them.
  const draft = await withProgress(
    `reading ${(options.data ?? [options.from]).join(', ')}`,
    () => draftOf(options),
    options
  )
  await requireRoomFor(draft, options)
  if (options.json !== true) await showPublic(draft)
  if (options.yes !== true && !(await confirm('Write this run?'))) {
    process.stderr.write('nothing was written\n')
    throw new ExitError(1)
  }
  const home = await openHome(options.home, { create: true })
  try {
    const config = await readHomeConfig(home)
    const listen = await withFixedPort(options.listen ?? config.listen ?? ANY_ADDRESS)
    const storage = await openStorage({ home })
    try {
      const run = await withProgress('storing the run', () => createRun(home, storage, draft), options)
      await writeHomeConfig(home, { ...config, listen })
      await rememberRun(home, run.id.toString(), options.network)
      const addresses = invitedAddresses(reachableAddresses(listen, peerText(authorOf(home.identity))))
      const expiry = options.expires === undefined ? {} : { notAfter: Date.now() + options.expires }
      const swarmKey = (await readSwarmKey(home.dir))?.fingerprint
      const invite = encodeInvite({
        v: 1,
        run: run.id.bytes,
        network: options.network,
        addresses,
        ...expiry,
        ...(swarmKey === undefined ? {} : { swarmKey })
      })
      const { parameterCount } = run.manifest
      const initialWeights = draft.initial === undefined ? 'seed' : 'shipped'
      if (options.json === true) {
        const startedFrom = draft.plan.start?.source
        const document = { run: run.id.toString(), invite, addresses, home: home.dir, initialWeights, startedFrom }
        process.stdout.write(`${JSON.stringify(document)}\n`)
        return
      }
      for (const remark of draft.remarks) process.stderr.write(`note: ${remark}\n`)
      process.stdout.write(`run     ${run.id} (${modelOf(draft)}, ${parameterCount} parameters)\ninvite  ${invite}\n`)
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}

/** Reads the files that a run is made of; nothing is written. Throws UsageError, and what `draftRun` throws. */
export async function draftOf(options: CreateOptions): Promise<DraftRun> {
  requireOnePersonalisation(options)
  requireOneStart(options)
  const { draftRun } = await import('../run/create-run.ts')
  const { classes, checkpointEvery, data = [], ...plan } = options
  const start = await readStart(options)
  return draftRun({
    ...DEFAULT_PLAN,
    ...plan,
    data,
    ...(start === undefined ? {} : { start }),
    ...(classes === undefined ? {} : { classes }),
    checkpointEveryRounds: checkpointEvery
  })
}

/** Refuses a run that this machine cannot even write. */
async function requireRoomFor({ topology }: DraftRun, { home, data = [], force }: CreateOptions): Promise<void> {
  const [{ createMemory, runDisk }, { bytesOf, checkRoom }] = await Promise.all([
    import('../limits/needs.ts'),
    import('../limits/check-room.ts')
  ])
  const parameters = topology.parameterCount
  const room = {
    what: `making a run of ${parameters} parameters`,
    memoryBytes: createMemory(parameters, await bytesOf(data)),
    diskBytes: runDisk(parameters),
    home
  }
  await checkRoom(room, force === true, (message) => process.stderr.write(`warning: ${message}\n`))
}

async function showPublic(draft: DraftRun): Promise<void> {
  const [{ manifestOf }, { alignValues, publicValues }] = await Promise.all([
    import('../run/create-run.ts'),
    import('../run/public-values.ts')
  ])
  process.stderr.write(
    `Public for ever, in the run's manifest:\n${alignValues(publicValues(manifestOf(draft)))}` +
      `  with the model (${modelOf(draft)}), its initial weights, this peer's id and the time. Rows stay here.\n` +
      describeInitial(draft)
  )
}

/** The spec, or where the model comes from. */
function modelOf({ plan: { model, start } }: DraftRun): string {
  return start?.modelJson === undefined && start?.model === undefined ? model : `that of ${start.source}`
}

/** Of given weights, which may have been trained on who knows what. */
function describeInitial({ initial, plan: { model, seed, start } }: DraftRun): string {
  if (initial !== undefined) {
    return `The run starts from the weights ${start === undefined ? `beside ${model}` : `of ${start.source}`}: they become public too.\n`
  }
  return model.endsWith('.json') ? `No weights lie beside ${model}: seed ${seed} draws the first ones.\n` : ''
}
