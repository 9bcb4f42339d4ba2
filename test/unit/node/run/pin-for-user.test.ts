import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { CID } from 'multiformats/cid'
import { NotProvidedError, pinForUser } from '../../../../node/run/pin-for-user.ts'
import { DeadlineError } from '../../../../storage/index.ts'

const ROOT = CID.parse('bafyreidcenqnnsqjpmznlms3em2ypbo2lsjsjk6tzwdjtm7xs2wzbzzdja')

type Peer = Parameters<typeof pinForUser>[0]

/** A peer with these connections whose first block is as given. */
function peerWith(peers: readonly string[], getBlock: () => Promise<Uint8Array>, kept: CID[] = []): Peer {
  const keep = async (root: CID) => kept.push(root)
  const home = { dir: tmpdir() }
  return { home, libp2p: { getPeers: () => peers }, storage: { getBlock, pins: { keep } } } as unknown as Peer
}

const never = async (): Promise<Uint8Array> => {
  throw new DeadlineError('block', 30_000)
}

describe('a pin for the user', () => {
  it('that nobody provides names who was asked and for how long', async () => {
    const refused = (peers: string[], message: RegExp) =>
      assert.rejects(pinForUser(peerWith(peers, never), ROOT), (error) => {
        return error instanceof NotProvidedError && error.statusCode === 404 && message.test(error.message)
      })
    await refused(['12D3a', '12D3b'], /^nobody gave bafy\w+ within 30 s \(asked 2, 12D3a, 12D3b\): check the CID/)
    await refused([], /within 30 s \(no peer is connected to ask\): check the CID/)
  })

  it('keeps what is there, and passes other faults on', async () => {
    const kept: CID[] = []
    await pinForUser(
      peerWith([], async () => new Uint8Array(), kept),
      ROOT
    )
    assert.deepEqual(kept, [ROOT])
    const fault = new Error('disk full')
    const broken = peerWith([], () => Promise.reject(fault))
    await assert.rejects(pinForUser(broken, ROOT), fault)
  })
})
