import type { RunFiles } from '../run/run-files.ts'
import { type Client, fedAvg, playRound } from '../simulate/baselines/index.ts'
import { type Metrics, startEngine } from '../training/index.ts'
import { createRunTrainer, readRows } from '../vectors/index.ts'

/**
 * What a server would reach with the same splits and steps: FedAvg (McMahan et al. 2017) over all peers, every round,
 * weighted by their rows. Simulated in this process, nobody is late and nobody dies. Returns what it measures on the
 * common held-out rows.
 */
export async function simulateServer(
  run: RunFiles,
  parts: readonly string[],
  test: string,
  seeds: readonly number[],
  signal: AbortSignal
): Promise<Metrics> {
  const { manifest, topology } = run
  const { rounds, localSteps } = manifest.training
  const engine = await startEngine()
  const clients: Client[] = []
  const samples: number[] = []
  for (const [index, data] of parts.entries()) {
    const rows = await readRows({ task: manifest.task, data, test, holdOut: 0, seed: seeds[index]! })
    const trainer = await createRunTrainer(manifest, topology, rows, engine)
    clients.push({ trainer, seed: seeds[index]!, steps: localSteps })
    samples.push(rows.training.count)
  }
  const server = fedAvg(run.initial, samples)
  for (let round = 0; round < rounds; round++) await playRound(server, clients, signal)
  const metrics = await clients[0]!.trainer.evaluate(server.models[0]!, 'heldOut')
  for (const { trainer } of clients) await trainer.close()
  return metrics
}
