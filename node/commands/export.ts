import { type Command, Option } from 'commander'
import { MODEL_FORMATS } from '../model-files/formats.ts'
import type { PortableModel, WrittenFile } from '../model-files/index.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { CAR_FORMAT, exportCarFile } from './export-car.ts'
import { MODEL_ARGUMENT, type ModelOptions, openModel, PERSONAL_OPTION } from './open-model.ts'
import { DEFAULT_HOME } from './options.ts'

interface ExportOptions extends ModelOptions {
  readonly format: string
  readonly output?: string
  readonly force?: boolean
}

/** Name of the file without its end, where none is given. */
const DEFAULT_STEM = 'model'

const EXAMPLES = `
Examples:
  $ starling export bafy… --home keeper --format onnx                  writes model.onnx: raw columns in, class names out
  $ starling export starling1b… --format tfjs --output web/model.json  the run's newest checkpoint, and its shards beside it
  $ starling export bafy… --home keeper --format car                   for Kubo, or another home: starling import bafy….car
  $ starling export RUN-ID --home keeper --format safetensors --json   the newest checkpoint of a run in the home
Then: starling predict model.onnx --data new.csv
docs/exports.md says what is in each format, and how to read it in Python and in browsers.`

/** `starling export`: a model as a file that other tools read, and that is useful alone. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description('write a checkpoint as a file that other tools read, with all that it needs to be used on raw rows')
    .argument(...MODEL_ARGUMENT)
    .addOption(
      new Option(
        '--format <name>',
        'safetensors, tfjs (model.json and shards), onnx or npz; car: the CID as it is kept'
      )
        .choices([...MODEL_FORMATS, CAR_FORMAT])
        .makeOptionMandatory()
    )
    .option(
      '--output <file>',
      'where to write (default: in this folder, model with the ending of the format, of an archive the CID)'
    )
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option(...PERSONAL_OPTION)
    .option('--force', 'write over files that are there')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action((argument: string, options: ExportOptions) =>
      options.format === CAR_FORMAT ? exportCarFile(argument, options) : exportModel(argument, options)
    )
}

async function exportModel(argument: string, options: ExportOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const { formatNamed, requireEnding, requireFree, writeModelFile } = await import('../model-files/index.ts')
    const format = await formatNamed(options.format)
    const path = options.output ?? `${DEFAULT_STEM}${format.ending}`
    requireEnding(path, format)
    const force = options.force === true
    // Said before anything is fetched; the files beside it are known only once they are made.
    if (!force) await requireFree(path)
    const { model } = await openModel(argument, options, signal)
    const files = await writeModelFile(format, model, path, { force })
    process.stdout.write(
      options.json === true ? `${JSON.stringify(documentOf(options, model, files))}\n` : lines(files)
    )
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

function documentOf({ format }: ExportOptions, { origin, weights }: PortableModel, files: readonly WrittenFile[]) {
  return { format, ...origin, parameters: weights.length, files }
}

function lines(files: readonly WrittenFile[]): string {
  return files.map(({ path, bytes }) => `wrote ${path} (${bytes} bytes)\n`).join('')
}
