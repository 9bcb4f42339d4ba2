import type { Command } from 'commander'
import { DEFAULT_PLAN } from '../run/run-plan.ts'
import { ANY_ADDRESS, reachableAddresses, withFixedPort } from './listen.ts'
import { codec, DEFAULT_HOME, DEFAULT_NETWORK, list, MODEL_FORMS, positive, whole } from './options.ts'

interface CreateOptions {
  readonly data: string[]
  readonly label: string
  readonly classes?: string[]
  readonly name: string
  readonly home: string
  readonly listen?: string
  readonly network: string
  readonly model: string
  readonly rounds: number
  readonly localSteps: number
  readonly batch: number
  readonly learningRate: number
  readonly codec: 'f32' | 'int8' | 'int4'
  readonly k: number
  readonly seed: number
  readonly checkpointEvery: number
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling create --home a --data ward-1.csv --label outcome
  $ starling create --home a --data ward-1.csv --label outcome --classes alive,dead --model mlp:32 --rounds 200
  $ starling create --home a --data ward-1.csv --label outcome --model my-model/model.json
Then, with the invite that it prints:
  $ starling start INVITE --home a --role pinner      (here: serves the run)
  $ starling join INVITE --home b --data ward-2.csv   (elsewhere: trains)`

/** `starling create`: writes a run into a home and prints its invite. */
export function addCreate(program: Command): void {
  program
    .command('create')
    .description('write a run: schema, model, initial weights; prints run id and invite')
    .requiredOption('--data <files...>', 'files whose columns and classes make the schema; their rows stay here')
    .requiredOption('--label <column>', 'column to predict')
    .option('--classes <names>', 'classes that these files lack, separated by commas', list)
    .option('--name <name>', 'name of the run', 'run')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where this peer will listen (default: a free port on all interfaces)')
    .option('--network <name>', 'name of the network', DEFAULT_NETWORK)
    .option('--model <spec>', MODEL_FORMS, DEFAULT_PLAN.model)
    .option('--rounds <r>', 'training rounds', whole(1, 10_000_000), DEFAULT_PLAN.rounds)
    .option('--local-steps <h>', 'optimiser steps in a round', whole(1, 100_000), DEFAULT_PLAN.localSteps)
    .option('--batch <rows>', 'rows in a step', whole(1, 65_536), DEFAULT_PLAN.batch)
    .option('--learning-rate <rate>', 'step size', positive(0, 100), DEFAULT_PLAN.learningRate)
    .option('--codec <name>', 'how deltas are written: int4, int8 or f32', codec, DEFAULT_PLAN.codec)
    .option('--k <n>', 'neighbours to aim for', whole(1, 64), DEFAULT_PLAN.k)
    .option('--seed <s>', 'decides the initial weights', whole(0, 0xffff_ffff), DEFAULT_PLAN.seed)
    .option('--checkpoint-every <rounds>', 'rounds between checkpoints', whole(1), DEFAULT_PLAN.checkpointEveryRounds)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(create)
}

async function create(options: CreateOptions): Promise<void> {
  const [
    { openHome, openStorage },
    { createRun, draftRun },
    { readHomeConfig, writeHomeConfig },
    { authorOf, encodeInvite },
    { peerText }
  ] = await Promise.all([
    import('../../storage/index.ts'),
    import('../run/create-run.ts'),
    import('../run/home-config.ts'),
    import('../../protocols/envelope/index.ts'),
    import('../../protocols/links/index.ts')
  ])
  const { classes, checkpointEvery, ...plan } = options
  // What is wrong with the files or the model is said before a home is made for them.
  const draft = await draftRun({
    ...DEFAULT_PLAN,
    ...plan,
    ...(classes === undefined ? {} : { classes }),
    checkpointEveryRounds: checkpointEvery
  })
  const home = await openHome(options.home, { create: true })
  try {
    const config = await readHomeConfig(home)
    const listen = await withFixedPort(options.listen ?? config.listen ?? ANY_ADDRESS)
    const storage = await openStorage({ home })
    try {
      const run = await createRun(home, storage, draft)
      await writeHomeConfig(home, { ...config, listen, network: options.network })
      const addresses = reachableAddresses(listen, peerText(authorOf(home.identity)))
      const invite = encodeInvite({ v: 1, run: run.id.bytes, network: options.network, addresses })
      const { task, parameterCount } = run.manifest
      const initialWeights = draft.initial === undefined ? 'seed' : 'shipped'
      if (options.json === true) {
        const document = { run: run.id.toString(), invite, addresses, home: home.dir, initialWeights }
        process.stdout.write(`${JSON.stringify(document)}\n`)
        return
      }
      process.stderr.write(
        `Public in this run for ever: ${task.columns.length} column names with their centres and scales, ` +
          `the label ${task.label}, the classes ${task.classes.join(', ')}. Rows stay here.\n`
      )
      if (initialWeights === 'shipped') {
        process.stderr.write(`The run starts from the weights beside ${options.model}; they become public too.\n`)
      } else if (options.model.endsWith('.json')) {
        process.stderr.write(`No weights lie beside ${options.model}: seed ${options.seed} draws the first ones.\n`)
      }
      process.stdout.write(`run     ${run.id} (${options.model}, ${parameterCount} parameters)\ninvite  ${invite}\n`)
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}
