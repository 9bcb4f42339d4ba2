import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KnownProofs } from '../../../../node/run/known-proofs.ts'
import { RECORDS_FILE, RecordLog } from '../../../../node/run/record-log.ts'
import { sealDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { encodeEquivocationProof } from '../../../../protocols/topics/index.ts'
import { author, deltaHeader, key, otherAuthor, otherKey } from '../../protocols/envelope/samples.ts'
import { temporaryHome } from '../../storage/temporary-home.ts'

const RUN = 'bafyrun'

async function proofOf(by: typeof key, name: Uint8Array): Promise<Uint8Array> {
  const header = { ...deltaHeader, author: name }
  return encodeEquivocationProof(await sealDeltaHeader(header, by), await sealDeltaHeader({ ...header, steps: 1 }, by))
}

describe('proofs of equivocation', () => {
  it('are known again after a restart, each author once, and passed on in turn', async (t) => {
    const home = await temporaryHome(t)
    const [first, second] = [await proofOf(key, author), await proofOf(otherKey, otherAuthor)]
    const log = new RecordLog(home.path(RECORDS_FILE), RUN, { onError: assert.ifError })
    for (const proof of [first, second, first]) log.append('equivocation', proof)
    log.append('equivocation', first.slice(1)) // damaged
    await log.close()

    const proofs = new KnownProofs()
    assert.equal(proofs.next(), undefined)
    const authors = await proofs.load(home.dir, RUN)
    assert.deepEqual(
      authors.map((bytes) => Buffer.from(bytes)),
      [author, otherAuthor].map((bytes) => Buffer.from(bytes))
    )
    assert.equal(proofs.add(author, first), false)
    assert.deepEqual([proofs.next(), proofs.next(), proofs.next()], [first, second, first])
    // Control: another run's proofs are not this one's.
    assert.deepEqual(await new KnownProofs().load(home.dir, 'bafyother'), [])
  })
})
