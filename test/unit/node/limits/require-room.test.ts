import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { trainerDisk, trainerMemory } from '../../../../node/limits/needs.ts'
import { freeDisk, requireRoom } from '../../../../node/limits/require-room.ts'

const home = join(tmpdir(), 'starling-no-such-home', 'peer')
const small = { what: 'training', memoryBytes: 1, diskBytes: 1, home }

describe('room', () => {
  it('is there for what is small, in a folder that is not made yet', async () => {
    await requireRoom(small)
    assert.equal(await freeDisk(home), await freeDisk(tmpdir()))
  })

  it('is refused with the estimate, what is there and what to do', async () => {
    await assert.rejects(
      requireRoom({ ...small, memoryBytes: 5e15 }),
      /^NotEnoughMemoryError: training takes about 5000000\.0 GB of memory, [\d.]+ [GM]B are available: .*--k.*--force$/
    )
    await assert.rejects(
      requireRoom({ ...small, diskBytes: 5e15 }),
      /^NotEnoughDiskError: training takes about 5000000\.0 GB of disk, [\d.]+ [GM]B are free at .*peer: .*--home.*--force$/
    )
  })

  it('grows with parameters, neighbours and rows', () => {
    const small = trainerMemory({ parameters: 1e6, k: 6 }, 0)
    assert.equal(trainerMemory({ parameters: 1e6, k: 16 }, 0) - small, 40e6)
    assert.equal(trainerMemory({ parameters: 1e6, k: 6 }, 10e6) - small, 65e6)
    assert.equal(trainerMemory({ parameters: 1e6, k: 6, isPersonal: true }, 0) - small, 36e6)
    assert.ok(trainerDisk({ parameters: 2e6, codec: 'f32' }) > 2 * trainerDisk({ parameters: 2e6, codec: 'int4' }))
  })
})
