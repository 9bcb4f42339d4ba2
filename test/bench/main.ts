/** `npm run bench -- round|training [--json]`: speeds as figures, each with its baseline from the same run. */
import { Command } from 'commander'
import { benchRounds, describeRounds } from './round.ts'
import { benchTraining, describeTraining } from './training.ts'

interface RoundOptions {
  readonly peers: string[]
  readonly models: string[]
  readonly rounds: string
  readonly json?: boolean
}

interface TrainingOptions {
  readonly models: string[]
  readonly batch: string
  readonly samples: string
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
  .command('training')
  .description('rows a second in optimiser steps on wasm, beside pure JavaScript in the same run')
  .option('--models <specs...>', 'models', ['linear', 'mlp:64', 'mlp:960,960', 'cnn:8,16'])
  .option('--batch <rows>', 'rows a step', '64')
  .option('--samples <n>', 'samples of each engine, in turns', '5')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ models, batch, samples, json }: TrainingOptions) => {
    const results = await benchTraining({ models, batch: Number(batch), samples: Number(samples) })
    process.stdout.write(json === true ? `${JSON.stringify({ results })}\n` : `${describeTraining(results)}\n`)
  })
await program.parseAsync()
