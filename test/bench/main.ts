/** `npm run bench -- COMMAND [--json]`: measures as figures, each with its baseline from the same run. */
import { Command } from 'commander'
import { addAveraging } from './averaging/index.ts'
import { addControl } from './control-storm.ts'
import { addFetch } from './fetch/index.ts'
import { addIdle } from './idle.ts'
import { addLateJoin } from './late-join.ts'
import { addPinning } from './pinning.ts'
import { addRound } from './round.ts'
import { addStartup } from './startup.ts'
import { addTraffic } from './traffic/index.ts'
import { addTraining } from './training.ts'
import { addVanished } from './vanished.ts'

const program = new Command('bench').description('measure Starling on this machine')
const benches = [
  addRound,
  addControl,
  addStartup,
  addIdle,
  addTraining,
  addAveraging,
  addLateJoin,
  addFetch,
  addVanished,
  addTraffic,
  addPinning
]
for (const add of benches) add(program)
await program.parseAsync()
