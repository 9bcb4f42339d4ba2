import type { Random } from '../../protocols/averaging/index.ts'
import type { SimulationOptions } from './simulation-options.ts'

/** Training time of each peer, in units of the base: uniform over the range of speeds; stragglers come first. */
export function drawSlowness(
  { speeds: [low, high], stragglers }: Pick<SimulationOptions, 'speeds' | 'stragglers'>,
  peers: number,
  random: Random
): number[] {
  const slow = Math.round((stragglers?.share ?? 0) * peers)
  return Array.from({ length: peers }, (_, peer) => {
    const usual = low + (high - low) * random.next()
    return peer < slow ? usual * stragglers!.factor : usual
  })
}
