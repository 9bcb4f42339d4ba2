/** `npm run bench -- round [--json]`: speeds as figures, each with its baseline from the same run. */
import { Command } from 'commander'
import { benchRounds, describeRounds } from './round.ts'
import { benchStartup, describeStartup } from './startup.ts'

interface RoundOptions {
  readonly peers: string[]
  readonly models: string[]
  readonly rounds: string
  readonly json?: boolean
}

const program = new Command('bench').description('measure Starling on this machine')
program
  .command('round')
  .description('seconds a round of a whole flock, beside the same processes training without a network')
  .option('--peers <n...>', 'sizes of the flock', ['5', '10'])
  .option('--models <specs...>', 'models', ['mlp:64', 'mlp:960,960'])
  .option('--rounds <r>', 'rounds measured', '20')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ peers, models, rounds, json }: RoundOptions) => {
    const results = await benchRounds({ peers: peers.map(Number), models, rounds: Number(rounds) })
    process.stdout.write(json === true ? `${JSON.stringify({ results })}\n` : `${describeRounds(results)}\n`)
  })
program
  .command('startup')
  .description('how long `starling --version` and `starling status` take, beside an empty program on the same Node')
  .option('--samples <n>', 'how often each is started', '15')
  .option('--bin <file>', 'the starling to measure, such as that of an installed package')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ samples, bin, json }: { samples: string; bin?: string; json?: boolean }) => {
    const results = await benchStartup({ samples: Number(samples), ...(bin === undefined ? {} : { bin }) })
    process.stdout.write(json === true ? `${JSON.stringify({ results })}\n` : `${describeStartup(results)}\n`)
  })
await program.parseAsync()
