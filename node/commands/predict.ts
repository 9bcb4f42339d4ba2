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
  $ starling predict bafy… --home keeper --data photos     a folder of images: their names and labels
  $ starling predict starling1b… --data new.csv --json      the run's newest checkpoint, fetched from its peers`

/** `starling predict`: the most probable class of every row. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('predict the label of every row with a checkpoint')
    .argument('<checkpoint>', 'CID of a checkpoint in the home, or an invite: the newest checkpoint of its run')
    .requiredOption('--data <file>', 'rows: CSV, TSV, .npz or a folder of images; labels may be missing')
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(predict)
}

async function predict(argument: string, options: PredictOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const [{ describeNotes, encodeFeatures, readData }, { createPredictor }] = await Promise.all([
      import('../data/index.ts'),
      import('../training/index.ts')
    ])
    const table = await readData(options.data, { signal })
    const { root, run, weights } = await openModel(argument, options.home, signal)
    const { task } = run.manifest
    const rows = encodeFeatures(table, task)
    for (const note of describeNotes(rows.notes)) process.stderr.write(`note: ${note}\n`)
    const predictor = await createPredictor(run.topology)
    const probabilities = await predictor.predict(weights, { values: rows.features, count: rows.count })
    await predictor.close()
    const predictions = Array.from({ length: rows.count }, (_, row) => {
      const scores = probabilities.subarray(row * task.classes.length, (row + 1) * task.classes.length)
      const best = scores.reduce((top, score, index) => (score > scores[top]! ? index : top), 0)
      const file = table.names?.[row]
      return { ...(file === undefined ? {} : { file }), label: task.classes[best]!, probability: scores[best]! }
    })
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ checkpoint: root.toString(), label: task.label, predictions })}\n`)
    } else {
      const hasNames = table.names !== undefined
      process.stdout.write(`${hasNames ? 'file,' : ''}${task.label},probability\n`)
      for (const { file, label, probability } of predictions) {
        const name = file === undefined ? '' : `${quote(file)},`
        process.stdout.write(`${name}${quote(label)},${probability.toFixed(4)}\n`)
      }
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

function quote(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
