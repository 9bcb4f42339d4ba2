import type { Command } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { openModel } from './open-model.ts'
import { DEFAULT_HOME } from './options.ts'

interface PredictOptions {
  readonly data: string
  readonly home: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling predict bafy… --home keeper --data new.csv
  $ starling predict starling1b… --data new.csv --json      the run's newest checkpoint, fetched from its peers`

/** `starling predict`: the most probable class of every row, or its number. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('predict the label of every row with a checkpoint')
    .argument('<checkpoint>', 'CID of a checkpoint in the home, or an invite: the newest checkpoint of its run')
    .requiredOption('--data <file>', 'rows, CSV or TSV; the label column may be missing')
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(predict)
}

async function predict(argument: string, options: PredictOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const [{ decodeTarget, encodeFeatures, readTable }, { createLoss, createPredictor }] = await Promise.all([
      import('../data/index.ts'),
      import('../training/index.ts')
    ])
    const table = await readTable(options.data, { signal })
    const { root, run, weights } = await openModel(argument, options, signal)
    const { task } = run.manifest
    const rows = encodeFeatures(table, task)
    const predictor = await createPredictor(run.topology, createLoss(task))
    const outputs = await predictor.predict(weights, { values: rows.features, count: rows.count })
    await predictor.close()
    const isNumber = task.kind === 'regression'
    const predictions = isNumber
      ? Array.from(outputs, (output) => ({ value: decodeTarget(task, output) }))
      : mostProbable(outputs, task.classes)
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ checkpoint: root.toString(), label: task.label, predictions })}\n`)
    } else {
      process.stdout.write(`${quote(task.label)}${isNumber ? '' : ',probability'}\n`)
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

function lineOf(prediction: ClassPrediction | { readonly value: number }): string {
  if ('value' in prediction) return String(prediction.value)
  return `${quote(prediction.label)},${prediction.probability.toFixed(4)}`
}

function quote(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
