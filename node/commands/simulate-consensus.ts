import type { ConsensusResult } from '../simulate/consensus/index.ts'
import { UsageError } from './exit.ts'
import type { Say } from './progress.ts'
import { PEERS, type ScenarioOptions } from './simulate-options.ts'

/** What averaging alone has a use for; all else is about training. */
const MEANT = new Set(['consensus', 'dimension', 'peers', 'topology', 'codec', 'seed', 'rounds', 'repeat', 'json'])

export interface ConsensusCall {
  readonly options: ScenarioOptions & { readonly dimension?: number }
  /** Names of the options that stand on the command line. */
  readonly given: readonly string[]
  readonly repeat: number
  readonly signal: AbortSignal
  readonly say: Say
}

/** Averaging alone over one or several seeds. Throws UsageError for an option that is about training. */
export async function simulateConsensus({
  options,
  given,
  repeat,
  signal,
  say
}: ConsensusCall): Promise<ConsensusResult[]> {
  const stray = given.find((name) => !MEANT.has(name))
  if (stray !== undefined) {
    const flag = stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag} is about training, --consensus averages without: leave one of them out`)
  }
  const { runConsensus } = await import('../simulate/consensus/index.ts')
  const { peers = PEERS, topology, codec, dimension, rounds } = options
  const results: ConsensusResult[] = []
  for (let i = 0; i < repeat; i++) {
    const seed = options.seed + i
    const onRound = ({ round, ratio }: { round: number; ratio: number }) =>
      say(`${peers} peers, seed ${seed}: round ${round}, V/V0 ${ratio.toExponential(1)}`)
    const plan = {
      seed,
      peers,
      codec,
      ...(topology === undefined ? {} : { topology }),
      ...(dimension === undefined ? {} : { dimension }),
      ...(given.includes('rounds') ? { maxRounds: rounds } : {})
    }
    results.push(await runConsensus(plan, { signal, onRound }))
  }
  return results
}

/** A line for each seed. */
export function describeConsensus(results: readonly ConsensusResult[]): string {
  const lines = results.map(({ seed, peers, dimension, topology, codec, rounds, ratio, seconds, bytes }) => {
    const end = rounds === null ? `not agreed, V/V0 is ${ratio.toExponential(1)}` : `agreed in ${rounds} rounds`
    const what = `${peers} peers, ${dimension} numbers each in ${codec}, ${topology}, seed ${seed}`
    return `${what}: ${end}, ${bytes.received} bytes received a peer, ${seconds.toFixed(1)} s`
  })
  return lines.join('\n')
}
