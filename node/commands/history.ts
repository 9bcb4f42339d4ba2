import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { HistoryEntry } from '../history/index.ts'
import { DEFAULT_HOME } from './options.ts'

interface HistoryOptions {
  readonly home: string
  readonly format: 'text' | 'jsonl'
  readonly output?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling history bafy… --home keeper
  $ starling history bafy… --home keeper --format jsonl --output audit.jsonl
  $ starling history bafy… --home keeper --json | jq '.entries[] | select(.kind == "seal") | .author'
Each entry holds the signed record itself: an auditor can check every signature without this program.`

/** `starling history`: who published what in a run, as far as a home has kept it. */
export function addHistory(program: Command): void {
  program
    .command('history')
    .description(
      'who published what in a run, when, signed by whom: deltas, checkpoints, seals, proofs of equivocation'
    )
    .argument('<run>', 'run id')
    .option('--home <dir>', 'home of a peer that took part', DEFAULT_HOME)
    .addOption(
      new Option('--format <kind>', 'text, or jsonl: one JSON document a line')
        .choices(['text', 'jsonl'])
        .default('text')
    )
    .option('--output <file>', 'write to a file instead of stdout')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(history)
}

async function history(argument: string, { home, format, output, json }: HistoryOptions): Promise<void> {
  const [{ runHistory }, { parseCid }] = await Promise.all([
    import('../history/index.ts'),
    import('../run/parse-cid.ts')
  ])
  const run = parseCid(argument).toString()
  const { entries, hasOwnChain } = await runHistory(resolve(home), run)
  if (entries.length === 0)
    throw new Error(`the home ${home} holds nothing of run ${run}: name the home of a peer that took part`)
  if (!hasOwnChain)
    process.stderr.write('note: a peer runs in this home: of its own deltas only some are shown until it stops\n')
  const text =
    json === true ? `${JSON.stringify({ run, entries })}\n` : entries.map(format === 'jsonl' ? jsonLine : line).join('')
  if (output === undefined) process.stdout.write(text)
  else await writeFile(output, text)
}

function jsonLine(entry: HistoryEntry): string {
  return `${JSON.stringify(entry)}\n`
}

function line(entry: HistoryEntry): string {
  const when = entry.t === undefined ? 'not noted'.padEnd(24) : new Date(entry.t).toISOString()
  return `${when}  ${entry.kind.padEnd(12)}  ${entry.author}  ${describe(entry)}\n`
}

function describe({ kind, seq, round, phase, checkpoint, members, accuracy, rmse, loss }: HistoryEntry): string {
  const measured = [
    accuracy !== undefined && `accuracy ${(100 * accuracy).toFixed(1)} %`,
    rmse !== undefined && `rmse ${rmse.toPrecision(3)}`,
    loss !== undefined && `loss ${loss.toFixed(4)}`
  ]
  const what = {
    delta: `${seq} of round ${round} (${phase})`,
    checkpoint: `${checkpoint} of round ${round} (${phase})`,
    seal: `${checkpoint} over ${members} members`,
    equivocation: 'signed two deltas for one place in its chain'
  }
  return [what[kind], ...measured].filter(Boolean).join(', ')
}
