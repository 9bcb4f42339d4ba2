import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from './temporary-folder.ts'
import { startTrainer, writeRun } from './trainer-peer.ts'
import { waitFor } from './wait-for.ts'

it('a trainer that is stopped finishes the checkpoint that it is storing', async (t) => {
  const folder = await temporaryFolder(t)
  const { home, id } = await writeRun(join(folder, 'run'), { localSteps: 5, checkpointEveryRounds: 1 })
  const { peer, stop } = await startTrainer({ home, run: id, seed: 1, links: 0 })
  const { checkpoints } = peer.storage
  const put = checkpoints.put.bind(checkpoints)
  let begun = 0
  let stored = 0
  t.mock.method(checkpoints, 'put', async (...init: Parameters<typeof put>) => {
    begun += 1
    await delay(300) // A slow disk.
    const made = await put(...init)
    stored += 1
    return made
  })
  await waitFor('a checkpoint', () => begun > 0)
  await stop()
  assert.equal(stored, begun)
})
