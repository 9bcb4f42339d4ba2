import type { Command } from 'commander'
import type { RepairReport, VerifyReport } from '../../storage/index.ts'
import { ExitError } from './exit.ts'
import { DEFAULT_HOME } from './options.ts'
import { withProgress } from './progress.ts'

interface DoctorOptions {
  readonly home: string
  readonly checkStore?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling doctor --check-store --home keeper
Every block is compared with its name. One that is torn is removed, and fetched again from peers that the home has met
where something that is kept needs it. Exit code 1 where something kept stays incomplete.`

/** `starling doctor`: what is wrong with a home, and what can be done about it is done. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check a home: with --check-store, every block in it')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--check-store', 'compare every block with its name, and mend what is torn (the only check so far)')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(doctor)
}

async function doctor(options: DoctorOptions): Promise<void> {
  const { checkStore } = await import('../run/check-store.ts')
  const found = await withProgress('reading every block', () => checkStore(options.home), options)
  if (options.json === true) process.stdout.write(`${JSON.stringify(describe(found))}\n`)
  else process.stdout.write(`${sentences(found).join('\n')}\n`)
  if (found.repair.lost.length > 0) throw new ExitError(1)
}

interface Found {
  readonly home: string
  readonly check: VerifyReport
  readonly repair: RepairReport
}

function describe({ home, check, repair }: Found) {
  return {
    v: 1,
    home,
    blocks: check.blocks,
    torn: check.dropped,
    unfinished: check.temporary,
    kept: repair.roots,
    fetched: repair.fetched.map(({ root }) => root.toString()),
    lost: repair.lost.map(({ kept, missing, reason }) => ({
      root: kept.root.toString(),
      kind: kept.kind,
      missing: missing.map(String),
      reason
    }))
  }
}

function sentences({ check, repair }: Found): string[] {
  const { blocks, dropped, temporary } = check
  const torn = dropped === 0 ? 'all are what their names say' : `${dropped} were torn and are removed`
  const rest = temporary === 0 ? '' : `; ${temporary} left-overs of unfinished writes are removed`
  const whole = repair.roots - repair.lost.length
  return [
    `${blocks} blocks: ${torn}${rest}`,
    `${repair.roots} kept roots: ${whole} whole${repair.fetched.length === 0 ? '' : `, ${repair.fetched.length} of them fetched again`}`,
    ...repair.lost.map(
      ({ kept, missing }) =>
        `${kept.kind} ${kept.root} lacks ${missing.length} blocks that no peer gives: start a peer that has it and ask ` +
        'again, or unpin it'
    )
  ]
}
