import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { temporaryFolder } from './temporary-folder.ts'
import { startTrainer, writeRun } from './trainer-peer.ts'
import { waitFor } from './wait-for.ts'

/** Caches, compiled code and pools have their size by then. */
const WARM_UP_ROUNDS = 450
const ROUNDS = 1250

/** What one leaked delta a round would add: header, payload and the objects around them, for both peers. */
const LEAK_BYTES_PER_ROUND = 2 * 4096
const MAX_HEAP_GROWTH_BYTES = (3 / 4) * (ROUNDS - WARM_UP_ROUNDS) * LEAK_BYTES_PER_ROUND
/** Pages that the allocator keeps come and go by tens of megabytes; the heap is the exact measure. */
const MAX_RSS_GROWTH_BYTES = 64 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is in use after everything that can go has gone. */
function memoryInUse(): { heap: number; rss: number } {
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed + arrayBuffers, rss }
}

it('two trainers need no more memory after hundreds of rounds than after the first ones', async (t) => {
  const folder = await temporaryFolder(t)
  const { home, id } = await writeRun(folder, { localSteps: 2, rounds: ROUNDS })
  const first = await startTrainer({ home, run: id, seed: 1, links: 1 })
  const second = await startTrainer({ home: join(folder, 'second'), run: first.invite, seed: 2, links: 1 })
  try {
    await waitFor('the warm-up', () => first.rounds() >= WARM_UP_ROUNDS)
    const early = memoryInUse()
    await waitFor('nearly all rounds', () => first.rounds() >= ROUNDS - 10, 120_000)
    const late = memoryInUse()
    assert.ok(first.mixed.has(second.peer.id) && second.mixed.has(first.peer.id), 'they did not train together')
    const growth = { heap: late.heap - early.heap, rss: late.rss - early.rss }
    t.diagnostic(JSON.stringify({ early, growth }))
    assert.ok(growth.heap < MAX_HEAP_GROWTH_BYTES, `${growth.heap} bytes of heap, at most ${MAX_HEAP_GROWTH_BYTES}`)
    assert.ok(growth.rss < MAX_RSS_GROWTH_BYTES, `${growth.rss} bytes resident, at most ${MAX_RSS_GROWTH_BYTES}`)

    // The control: one delta kept for every round would show.
    const leak = Array.from({ length: ROUNDS - WARM_UP_ROUNDS }, () => new Uint8Array(LEAK_BYTES_PER_ROUND).fill(1))
    assert.ok(memoryInUse().heap - late.heap > MAX_HEAP_GROWTH_BYTES, `${leak.length} leaks go unnoticed`)
    await Promise.all([first.done, second.done])
  } finally {
    await second.stop()
    await first.stop()
  }
})
