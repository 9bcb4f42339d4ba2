import type { RunFiles } from '../run/run-files.ts'
import { createLoss, createTrainer, type Metrics, startEngine, type Trainer } from '../training/index.ts'
import { readRows } from '../vectors/index.ts'

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
  const { rounds, localSteps, batch, learningRate, optimiser, momentum } = manifest.training
  const engine = await startEngine()
  const clients: { trainer: Trainer; samples: number; seed: number }[] = []
  for (const [index, data] of parts.entries()) {
    const rows = await readRows({ task: manifest.task, data, test, holdOut: 0, seed: seeds[index]! })
    const { training, heldOut } = rows
    const trainer = await createTrainer({
      topology,
      loss: createLoss(manifest.task),
      training,
      heldOut,
      batch,
      learningRate,
      optimiser,
      momentum,
      engine
    })
    clients.push({ trainer, samples: training.count, seed: seeds[index]! })
  }
  const samples = clients.reduce((sum, client) => sum + client.samples, 0)
  let model = run.initial.slice()
  for (let round = 0; round < rounds; round++) {
    const next = new Float32Array(model.length)
    for (const client of clients) {
      signal.throwIfAborted()
      const local = model.slice()
      await client.trainer.train(local, localSteps, { seed: client.seed })
      const weight = client.samples / samples
      for (let i = 0; i < next.length; i++) next[i] = next[i]! + weight * local[i]!
    }
    model = next
  }
  const metrics = await clients[0]!.trainer.evaluate(model, 'heldOut')
  for (const { trainer } of clients) await trainer.close()
  return metrics
}
