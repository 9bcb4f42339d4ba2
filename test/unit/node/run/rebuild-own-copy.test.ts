import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { rebuildOwnCopy } from '../../../../node/run/rebuild-own-copy.ts'
import { authorOf } from '../../../../protocols/envelope/index.ts'
import type { SavedCopy, Storage } from '../../../../storage/index.ts'
import { AuthorChain, bytesOf, hashOf, type Published } from '../../protocols/delta-gossip/author-chain.ts'
import { filled, run as runBytes } from '../../protocols/envelope/samples.ts'
import { temporaryStorage } from '../../storage/temporary-storage.ts'

const PARAMETERS = 300
const RUN = 'bafyrun'

const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7))
const facts = { run: RUN, runBytes, author: authorOf(key), codec: 'int4', parameterCount: PARAMETERS } as const
const start = new Float32Array(PARAMETERS).map((_, i) => Math.sin(i))

/** A start of the peer, later than the one before. */
function chainOf(second: number, from: Float32Array): AuthorChain {
  const incarnation = filled(16, 0)
  incarnation[7] = second
  return new AuthorChain({ key, incarnation, start: from, seed: second })
}

async function store({ chains }: Storage, published: readonly Published[]): Promise<void> {
  for (const { frame } of published) await chains.append(RUN, frame)
}

function savedAt({ header: { incarnation, seq, round, stateHash }, copy }: Published): SavedCopy {
  return { incarnation, seq, round: round + 1, stateHash: Uint8Array.from(stateHash), copy }
}

async function storedChain(t: TestContext, deltas: number) {
  const { storage, stores } = await temporaryStorage(t)
  const chain = chainOf(1, start)
  await storage.chains.snapshot(RUN, bytesOf(start))
  await store(storage, await chain.publishMany(deltas))
  return { storage, stores, chain }
}

describe('the own copy after a crash', () => {
  it('is the newest that was signed, from what was saved and the deltas after it', async (t) => {
    const { storage, chain } = await storedChain(t, 6)
    const rebuilt = await rebuildOwnCopy(storage, facts, savedAt(chain.published[2]!))
    assert.deepEqual(rebuilt, savedAt(chain.newest))
    assert.notDeepEqual(hashOf(rebuilt!.copy), hashOf(chain.published[4]!.copy), 'not the one before')
  })

  it('is rebuilt from the snapshot of the start where nothing was saved', async (t) => {
    const { storage, chain } = await storedChain(t, 3)
    assert.deepEqual(await rebuildOwnCopy(storage, facts, undefined), savedAt(chain.newest))
  })

  it('is rebuilt from a snapshot that was taken later than the delta before it', async (t) => {
    const { storage, chain } = await storedChain(t, 2)
    const [, , ahead] = await chain.publishMany(3)
    await storage.chains.snapshot(RUN, bytesOf(ahead!.copy))
    await store(storage, chain.published.slice(2))
    assert.deepEqual(await rebuildOwnCopy(storage, facts, undefined), savedAt(chain.newest))
  })

  it('is that of the newest start', async (t) => {
    const { storage, chain } = await storedChain(t, 3)
    const next = chainOf(2, chain.newest.copy)
    await storage.chains.snapshot(RUN, bytesOf(chain.newest.copy))
    await store(storage, await next.publishMany(2))
    assert.deepEqual(await rebuildOwnCopy(storage, facts, savedAt(chain.published[1]!)), savedAt(next.newest))
  })

  it('ends before the first delta that is not whole', async (t) => {
    const { storage, stores, chain } = await storedChain(t, 5)
    const window = await storage.chains.window(RUN)
    const fourth = window.filter((entry) => entry.type === 'delta')[3]!
    await stores.blockstore.delete(fourth.payload!)
    assert.deepEqual(await rebuildOwnCopy(storage, facts, undefined), savedAt(chain.published[2]!))
  })

  it('leaves out a newest delta whose header is lost', async (t) => {
    const { storage, stores, chain } = await storedChain(t, 4)
    const last = (await storage.chains.window(RUN)).at(-1)!
    await stores.blockstore.delete((last as { header: Parameters<typeof stores.blockstore.delete>[0] }).header)
    assert.deepEqual(await rebuildOwnCopy(storage, facts, undefined), savedAt(chain.published[2]!))
  })

  it('is what was saved where the chain leads to nothing newer', async (t) => {
    const { storage, chain } = await storedChain(t, 4)
    assert.equal(await rebuildOwnCopy(storage, facts, savedAt(chain.newest)), undefined)
    const later = savedAt((await chainOf(3, start).publishMany(1))[0]!)
    assert.equal(await rebuildOwnCopy(storage, facts, later), undefined)
    const empty = (await temporaryStorage(t)).storage
    assert.equal(await rebuildOwnCopy(empty, facts, savedAt(chain.newest)), undefined)
  })

  it('control: is never a copy that was not signed', async (t) => {
    const { storage } = await temporaryStorage(t)
    const chain = chainOf(1, start)
    await storage.chains.snapshot(RUN, bytesOf(start))
    const [first] = await chain.publishMany(1)
    const forged = await chain.publish({ stateHash: filled(32, 9) })
    await store(storage, [first!, forged])
    assert.equal(await rebuildOwnCopy(storage, facts, undefined), undefined)
    const other = { ...facts, author: authorOf(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(8))) }
    assert.equal(await rebuildOwnCopy(storage, other, undefined), undefined)
  })
})
