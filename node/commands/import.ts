import type { Command } from 'commander'
import { importCar } from './import-car.ts'
import { DEFAULT_HOME } from './options.ts'

interface ImportOptions {
  readonly home: string
  readonly pin?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling import checkpoint.car --home keeper --pin     keep what is in the archive
  $ ipfs dag export bafy… > checkpoint.car                 how Kubo makes one
To start a run from a model file: starling create --initial.`

/** `starling import`: what others, or other homes, exported. */
export function addImport(program: Command): void {
  program
    .command('import')
    .description('take a CAR archive into a home, each block checked, whether or not its peer runs')
    .argument('<file>', 'an archive that Starling, Kubo or another IPFS program exported')
    .option('--pin', 'keep it; without, the next sweep may take it after ten minutes')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(importFile)
}

async function importFile(file: string, { json, ...options }: ImportOptions): Promise<void> {
  const imported = await importCar(file, options)
  if (json === true) {
    process.stdout.write(`${JSON.stringify(imported)}\n`)
    return
  }
  const kept = imported.pinned ? 'kept' : 'not kept: add --pin, or `starling pin` it within ten minutes'
  process.stdout.write(`imported ${imported.blocks} blocks (${imported.bytes} bytes)\n`)
  for (const root of imported.roots) process.stdout.write(`${root}  ${kept}\n`)
}
