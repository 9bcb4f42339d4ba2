import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { crashCampaign } from '../faults/crash/campaign.ts'
import { HeaderLedger } from '../faults/crash/header-ledger.ts'
import { AuthorChain } from '../unit/protocols/delta-gossip/author-chain.ts'
import { filled } from '../unit/protocols/envelope/samples.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A slice of `npm run crash`, which kills five peers two hundred times. */
const SLICE = { peers: 3, kills: 4, seed: 3, localSteps: 100 }

describe('a peer that is killed', () => {
  it('at any instant leaves a whole home, uses no number twice, and mixes again at once', async (t) => {
    const result = await crashCampaign({ folder: await temporaryFolder(t), ...SLICE })
    assert.deepEqual(result.violations, [])
    assert.ok(result.headers > 0 && result.deltasReplayed > 0 && result.checkpointsRead > 0, JSON.stringify(result))
    assert.ok(result.mixedIn <= 3, JSON.stringify(result))
  })

  it('control: would be found out if it used a number twice, or went on from what it had not published', async () => {
    const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
    const chainOf = (first: number) =>
      new AuthorChain({ key, incarnation: filled(16, 1), start: new Float32Array(100).fill(first), seed: first })
    const ledger = new HeaderLedger()
    const [chain, another] = [chainOf(1), chainOf(2)]
    for (const { frame } of await chain.publishMany(2)) await ledger.add(frame.header)
    assert.deepEqual(ledger.violations, [])
    const [, second, third] = await another.publishMany(3)
    await ledger.add(second!.frame.header)
    assert.match(ledger.violations[0]!, /used sequence number 1 twice/)
    await ledger.add(third!.frame.header)
    assert.match(ledger.violations[1]!, /2 names another before it/)
    assert.match(ledger.violations[2]!, /2 adds to another copy/)
  })
})
