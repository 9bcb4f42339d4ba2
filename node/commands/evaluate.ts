import type { Command } from 'commander'
import { describeQuality } from '../training/quality.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import {
  type ChosenModel,
  MODEL_OR_FILE_ARGUMENT,
  type ModelOptions,
  openModel,
  PERSONAL_OPTION
} from './open-model.ts'
import { DEFAULT_HOME } from './options.ts'

interface EvaluateOptions extends ModelOptions {
  readonly data: string
}

const EXAMPLES = `
Examples:
  $ starling evaluate bafy… --home keeper --data held-out.csv
  $ starling evaluate starling1b… --data held-out.csv --json
  $ starling evaluate starling1b… --personal --home b --data ward-2.csv
  $ starling evaluate model.safetensors --data held-out.csv   a file that \`starling export\` wrote`

/** `starling evaluate`: accuracy, or root mean squared error, and loss of a checkpoint on labelled rows. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure a checkpoint on labelled rows')
    .argument(...MODEL_OR_FILE_ARGUMENT)
    .requiredOption('--data <file>', 'rows with their label: CSV, TSV, .npz or a folder of images')
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option(...PERSONAL_OPTION)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(evaluate)
}

async function evaluate(argument: string, options: EvaluateOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const [{ describeNotes, encodeTable, readData }, { createLoss, createPredictor }] = await Promise.all([
      import('../data/index.ts'),
      import('../training/index.ts')
    ])
    const table = await readData(options.data, { signal })
    const { model, source } = await openModel(argument, options, signal)
    const { task, topology, weights, origin } = model
    const rows = encodeTable(table, task)
    for (const note of describeNotes(rows.notes)) process.stderr.write(`note: ${note}\n`)
    const predictor = await createPredictor(topology, createLoss(task), rows)
    const metrics = await predictor.evaluate(weights, 'heldOut')
    await predictor.close()
    if (options.json === true) {
      const { run, round } = origin
      process.stdout.write(`${JSON.stringify({ ...source, run, round, ...metrics })}\n`)
    } else {
      const quality = `${describeQuality(metrics, 2)}, loss ${metrics.loss.toFixed(4)} on ${metrics.n} rows`
      process.stdout.write(`${quality} (${describeSource(source, origin)})\n`)
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

function describeSource(source: ChosenModel['source'], { round }: ChosenModel['model']['origin']): string {
  if ('personal' in source) return 'personal model'
  const what = 'file' in source ? source.file : `checkpoint ${source.checkpoint}`
  return round === undefined ? what : `${what}, round ${round}`
}
