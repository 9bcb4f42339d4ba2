/** `npm run bench -- round|idle [--json]`: speeds as figures, each with its baseline from the same run. */
import { Command } from 'commander'
import { describeStorm, stormControls } from './control-storm.ts'
import { benchIdle, describeIdle } from './idle.ts'
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
  .command('control')
  .description('owners call status, pause, resume, pin and leave while their peers train: errors and memory')
  .option('--calls <n>', 'calls, each a process of its own', '1000')
  .option('--rounds <r>', 'rounds that the lasting peer plays at least', '2000')
  .option('--seed <s>', 'decides the order of calls', '1')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ calls, rounds, seed, json }: { calls: string; rounds: string; seed: string; json?: boolean }) => {
    const onProgress = (line: string) => void process.stderr.write(`${line}\n`)
    const result = await stormControls({ calls: Number(calls), rounds: Number(rounds), seed: Number(seed), onProgress })
    process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${describeStorm(result)}\n`)
    process.exitCode = result.errors.length === 0 ? 0 : 1
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
