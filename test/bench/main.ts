/** `npm run bench -- round|idle [--json]`: speeds as figures, each with its baseline from the same run. */
import { Command } from 'commander'
import { benchIdle, describeIdle } from './idle.ts'
import { benchRounds, describeRounds } from './round.ts'

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
  .command('idle')
  .description('CPU of a paused peer with five links, beside the same process alone and an empty one')
  .option('--seconds <s>', 'how long to measure', '600')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ seconds, json }: { seconds: string; json?: boolean }) => {
    const result = await benchIdle(Number(seconds))
    process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${describeIdle(result)}\n`)
  })
await program.parseAsync()
