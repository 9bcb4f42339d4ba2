import type { Command } from 'commander'
import type { Preview } from '../run/preview-run.ts'
import { type CreateOptions, draftOf } from './create.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { ANY_ADDRESS, reachableAddresses } from './listen.ts'
import { INVITE_ARGUMENT, readInvite } from './read-invite.ts'

interface PreviewOptions extends CreateOptions {
  readonly data: string[]
  readonly test?: string
  readonly engine?: 'wasm' | 'cpu'
  readonly fetch?: boolean
}

const EXAMPLES = `
Examples:
  $ starling preview --data ward-1.csv --label outcome                what create would make public; takes its options
  $ starling preview @invite.txt --home b --data ward-2.csv           what join would, in a run that the home knows
  $ starling preview @invite.txt --home b --data ward-2.csv --fetch   the same, with the run fetched from its peers`

/** Options of `create` that are about writing, not about what is written. */
const OWN_TO_CREATE = new Set(['--data', '--label', '--expires', '--yes', '--json'])

/** `starling preview`: what would become public, before it does. Comes after `create`, whose options it takes. */
export function addPreview(program: Command): void {
  const preview = program
    .command('preview')
    .description('every value of this peer that create or join would make public; writes nothing')
    .argument('[invite]', `a run to join: ${INVITE_ARGUMENT}`)
    .requiredOption('--data <files...>', 'rows, as create or join would be given them')
    .option('--label <column>', 'column to predict; an invited run has its own')
    .option('--test <file>', 'as for join: measure on these rows')
    .option('--engine <name>', 'as for join: wasm or cpu (pure JavaScript)')
    .option('--fetch', "get an invited run's columns from its peers, under a name that is thrown away")
  for (const option of program.commands.find((command) => command.name() === 'create')?.options ?? [])
    if (!OWN_TO_CREATE.has(option.long ?? '')) preview.addOption(option)
  preview.option('--json', 'print one JSON document on stdout').addHelpText('after', EXAMPLES).action(showPreview)
}

async function showPreview(argument: string | undefined, options: PreviewOptions): Promise<void> {
  const { signal, dispose } = interruptSignal()
  try {
    const { fetchRun, findRun, previewRun } = await import('../run/preview-run.ts')
    const run =
      argument === undefined
        ? await draftOf(options)
        : options.fetch === true
          ? await fetchRun(await readInvite(argument, options), options.home, signal)
          : await findRun(options.home, await readInvite(argument, options))
    const { home, data, test, engine, seed, listen = ANY_ADDRESS } = options
    const preview = await previewRun(
      {
        home,
        data,
        seed,
        addresses: (peer) => reachableAddresses(listen, peer ?? '').map((address) => address.replace(/\/p2p\/$/, '')),
        ...(test === undefined ? {} : { test }),
        ...(engine === undefined ? {} : { engine })
      },
      run
    )
    process.stdout.write(options.json === true ? `${await documentOf(preview)}\n` : await describePreview(preview))
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

async function documentOf(preview: Preview): Promise<string> {
  const { peerText } = await import('../../protocols/links/index.ts')
  return JSON.stringify(preview, (_key, value) => (value instanceof Uint8Array ? peerText(value) : value))
}

async function describePreview(preview: Preview): Promise<string> {
  const { alignValues, publicValues } = await import('../run/public-values.ts')
  const { peer, addresses, manifest, parameters, samples, heldOut, lossOfEachRound, engine, delta, checkpoint } =
    preview
  const total = (delta.atLeast * (delta.payloadBytes + delta.maxHeaderBytes)) / 1e6
  const peerValues = [
    { name: 'peer id', value: peer ?? 'a new one, made with the home' },
    ...addresses.map((value) => ({ name: 'address', value: value.replace(/(?<=\/tcp\/)0(?=\/|$)/, 'PORT') })),
    { name: 'engine', value: engine },
    { name: 'rows', value: samples === undefined ? 'not shared' : `${samples} to train on` },
    { name: 'loss', value: lossOfEachRound ? 'the training loss of each round' : 'not shared' },
    {
      name: 'metrics',
      value:
        heldOut === undefined
          ? 'not shared'
          : `${manifest.evaluation.metrics.join(' and ')} on ${heldOut} held-out rows, in checkpoints`
    },
    {
      name: 'deltas',
      value:
        `${delta.atLeast} or more, ${delta.payloadBytes} bytes each (${delta.codec}) and at most ` +
        `${delta.maxHeaderBytes} of header: ${total.toFixed(1)} MB at most for so many`
    },
    { name: 'checkpoints', value: `${checkpoint.bytes} bytes of weights, about every ${checkpoint.everyRounds} rounds` }
  ]
  const unused = preview.unusedColumns.length === 0 ? '' : ` Not used at all: ${preview.unusedColumns.join(', ')}.`
  return (
    `Public for ever, in the run's manifest (${parameters} parameters):\n${alignValues(publicValues(manifest))}\n` +
    `What this peer would tell others:\n${alignValues(peerValues)}\n` +
    `What stays: the rows.${unused} Deltas are made from the rows and can leak some of them: see the README.\n`
  )
}
