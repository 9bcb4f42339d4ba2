import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { VerifyFault, VerifyReport } from '../verify/index.ts'
import { ExitError } from './exit.ts'
import { DEFAULT_HOME } from './options.ts'

interface VerifyOptions {
  readonly home: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling checkpoints --home keeper          (which there are)
  $ starling verify bafy… --home keeper
  $ starling verify bafy… --home keeper --json | jq .faults
Works beside a peer that runs in the home, and without a network: a checkpoint with proof needs its own blocks only.`

/** `starling verify`: derives a checkpoint again from the signed copies in its proof. */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('derive a checkpoint again from the signed copies that it was made of, and say what is wrong')
    .argument('<cid>', 'CID of a checkpoint in the home')
    .option('--home <dir>', 'home that holds the checkpoint', DEFAULT_HOME)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(verify)
}

async function verify(argument: string, { home, json }: VerifyOptions): Promise<void> {
  const [{ verifyInHome }, { parseCid }] = await Promise.all([
    import('../verify/index.ts'),
    import('../run/parse-cid.ts')
  ])
  const root = parseCid(argument)
  const dir = resolve(home)
  await access(join(dir, 'blocks')).catch((cause) => {
    throw new Error(`there are no blocks in ${dir}: name the home that holds the checkpoint with --home`, { cause })
  })
  const report = await verifyInHome(dir, root)
  process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : describe(report))
  if (report.verdict !== 'derived') throw new ExitError(1)
}

function describe(report: VerifyReport): string {
  return [
    ...headOf(report),
    ...authorsOf(report),
    ...sealsOf(report),
    ...report.faults.map(lineOf),
    ...verdictOf(report)
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function headOf({ checkpoint, run, round, rule, authors, isSealed, weights }: VerifyReport): string[] {
  if (run === undefined) return [`checkpoint  ${checkpoint}`]
  const what = `${isSealed === true ? 'sealed, ' : ''}round ${round}: the ${rule} of ${authors.length} copies`
  return [`checkpoint  ${checkpoint} (${what})`, `run         ${run}`, `weights     ${weights}`]
}

function authorsOf({ authors }: VerifyReport): string[] {
  return authors.map(({ author, seq, distance }) => {
    const far = distance === undefined ? '' : `, ${distance.toPrecision(3)} from the median`
    return `author      ${author}, delta ${seq}${far}`
  })
}

function sealsOf({ seals }: VerifyReport): string[] {
  return seals.map(({ author, createdAt, n, accuracy, rmse, loss }) => {
    const quality = accuracy === undefined ? rmse && `rmse ${rmse.toPrecision(3)}` : `${(100 * accuracy).toFixed(1)} %`
    const measured =
      n === undefined ? '' : `: ${[quality, `loss ${loss?.toFixed(4)}`].filter(Boolean).join(', ')} on ${n} rows`
    return `sealed by   ${author}, ${new Date(createdAt).toISOString()}${measured}`
  })
}

function lineOf({ part, author, cid, byte, reason }: VerifyFault): string {
  const where = [author && `of ${author}`, cid, byte !== undefined && `byte ${byte}`].filter(Boolean).join(', ')
  return `WRONG       ${part}${where === '' ? '' : ` (${where})`}: ${reason}`
}

function verdictOf({ verdict, faults, authors }: VerifyReport): string[] {
  if (verdict === 'derived') {
    return [
      `derived     the weights are what the run's rule makes of these ${authors.length} signed copies, byte for byte`,
      '            (that says where they come from, not that they are good: measure them with `starling evaluate`)'
    ]
  }
  if (verdict === 'wrong')
    return [
      `wrong       ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}: do not use these weights as what they claim to be`
    ]
  return [
    "unproven    the checkpoint carries no proof, and nothing here shows what it was made of: ask for the run's sealed one"
  ]
}
