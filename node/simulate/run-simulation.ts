import { createRandom } from '../../protocols/averaging/index.ts'
import { startEngine } from '../training/index.ts'
import { averagingRulesOf } from '../vectors/index.ts'
import type { Attack } from './attack.ts'
import type { Member } from './member.ts'
import { measurePersonal } from './personal-qualities.ts'
import { makeReport, type SimulationReport } from './report.ts'
import { prepareRun, type SimulatedRun } from './simulated-run.ts'
import { Simulation, type SimulationHooks } from './simulation.ts'
import type { SimulationOptions } from './simulation-options.ts'

/**
 * Runs the real participant of every peer on a virtual clock with links in memory. The outcome depends on the options
 * alone: with the engine `cpu` the final copies are the same bytes on any machine. Throws the errors of the data and of the
 * manifest, and the signal's reason.
 */
export async function runSimulation(
  options: SimulationOptions,
  hooks: SimulationHooks = {}
): Promise<SimulationReport> {
  const startedAt = performance.now()
  const run = await prepareRun(options)
  const attack = hooks.attack ?? (await attackOf(run, options))
  const simulation = new Simulation(run, await startEngine(options.engine), options, {
    ...hooks,
    ...(attack === undefined ? {} : { attack })
  })
  try {
    const final = await simulation.play()
    const { flock, snapshots, measure } = simulation
    return makeReport({
      options,
      peers: run.rows.length,
      measure,
      final,
      snapshots,
      personal: await measurePersonal(flock.members, run),
      failed: flock.failures.length,
      refused: flock.refused,
      copies: await copiesOf(flock.members),
      seconds: (performance.now() - startedAt) / 1000
    })
  } finally {
    await simulation.flock.close()
  }
}

/** The public copies of all peers, in the order of their owners. */
async function copiesOf(members: readonly Member[]): Promise<Uint8Array[]> {
  const sorted = members.toSorted((a, b) => a.owner - b.owner)
  return Promise.all(sorted.map(async ({ peer }) => (await peer.vectors.ownCopy()).copy))
}

/** Attackers are drawn by a stream of their own; their code is loaded for this alone. */
async function attackOf(
  { manifest, rows }: SimulatedRun,
  { attack, attackers = 0, seed }: SimulationOptions
): Promise<Attack | undefined> {
  if (attack === undefined || attackers === 0) return undefined
  const { createAttack } = await import('./attacks/index.ts')
  const random = createRandom(seed).fork('attackers')
  const owners = rows.map((_, owner) => owner)
  const drawn = Array.from({ length: attackers }, () => owners.splice(Math.floor(random.next() * owners.length), 1)[0]!)
  return createAttack(attack, { owners: new Set(drawn), rules: averagingRulesOf(manifest.averaging) })
}
