import type { Command } from 'commander'
import type { Table } from '../data/index.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { MODEL_OR_FILE_ARGUMENT, type ModelOptions, openModel, PERSONAL_OPTION } from './open-model.ts'
import { DEFAULT_HOME } from './options.ts'

interface PredictOptions extends ModelOptions {
  readonly data: string
}

const EXAMPLES = `
Examples:
  $ starling predict bafy… --home keeper --data new.csv
  $ starling predict bafy… --home keeper --data photos     a folder of images: their names and labels
  $ starling predict starling1b… --data new.csv --json      the run's newest checkpoint, fetched from its peers
  $ starling predict starling1b… --personal --home b --data new.csv   the peer's own model of that run
  $ starling predict model.onnx --data new.csv              a file that \`starling export\` wrote`

/** `starling predict`: the most probable class of every row, or its number. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('predict the label of every row with a checkpoint')
    .argument(...MODEL_OR_FILE_ARGUMENT)
    .requiredOption('--data <file>', 'rows: CSV, TSV, .npz or a folder of images; labels may be missing')
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option(...PERSONAL_OPTION)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(predict)
}

async function predict(argument: string, options: PredictOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const [{ decodeTarget, describeNotes, encodeFeatures, readData }, { createLoss, createPredictor }] =
      await Promise.all([import('../data/index.ts'), import('../training/index.ts')])
    const table = await readData(options.data, { signal })
    const { model, source } = await openModel(argument, options, signal)
    const { task, topology, weights } = model
    const rows = encodeFeatures(table, task)
    for (const note of describeNotes(rows.notes)) process.stderr.write(`note: ${note}\n`)
    const predictor = await createPredictor(topology, createLoss(task))
    const outputs = await predictor.predict(weights, { values: rows.features, count: rows.count })
    await predictor.close()
    const isNumber = task.kind === 'regression'
    const predicted = isNumber
      ? Array.from(outputs, (output) => ({ value: decodeTarget(task, output) }))
      : mostProbable(outputs, task.classes)
    const predictions = predicted.map((prediction, row) => ({ ...fileOf(table, row), ...prediction }))
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ ...source, label: task.label, predictions })}\n`)
    } else {
      const head = table.names === undefined ? '' : 'file,'
      process.stdout.write(`${head}${quote(task.label)}${isNumber ? '' : ',probability'}\n`)
      for (const prediction of predictions) process.stdout.write(`${lineOf(prediction)}\n`)
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

interface ClassPrediction {
  readonly label: string
  readonly probability: number
}

/** `probabilities`: shape [rows, classes]. */
function mostProbable(probabilities: Float32Array, classes: readonly string[]): ClassPrediction[] {
  return Array.from({ length: probabilities.length / classes.length }, (_, row) => {
    const scores = probabilities.subarray(row * classes.length, (row + 1) * classes.length)
    const best = scores.reduce((top, score, index) => (score > scores[top]! ? index : top), 0)
    return { label: classes[best]!, probability: scores[best]! }
  })
}

/** The file that a row is, for images. */
function fileOf({ names }: Table, row: number): { file?: string } {
  const file = names?.[row]
  return file === undefined ? {} : { file }
}

type Prediction = { readonly file?: string } & (ClassPrediction | { readonly value: number })

function lineOf(prediction: Prediction): string {
  const name = prediction.file === undefined ? '' : `${quote(prediction.file)},`
  if ('value' in prediction) return `${name}${prediction.value}`
  return `${name}${quote(prediction.label)},${prediction.probability.toFixed(4)}`
}

function quote(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
