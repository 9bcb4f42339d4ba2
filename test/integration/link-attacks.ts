/** What a neighbour can send on its link, and the reason for which it must be refused. */
import { payloadRoot } from '../../protocols/delta-gossip/index.ts'
import { authorOf, type RefusalReason, sealDeltaHeader } from '../../protocols/envelope/index.ts'
import { claim, type HostilePeer, otherKey, TWO_GIB } from './hostile-peer.ts'

export interface Attack {
  readonly name: string
  readonly reason: RefusalReason
  readonly send: (hostile: HostilePeer) => Promise<void>
}

export const LINK_ATTACKS: readonly Attack[] = [
  {
    name: 'a frame that claims two gibibytes',
    reason: 'oversized',
    send: async ({ stream }) => void stream.send(claim(TWO_GIB))
  },
  {
    name: 'a frame that claims one byte more than the largest',
    reason: 'oversized',
    send: async (hostile) => hostile.sendFrame(new Uint8Array(65_537))
  },
  {
    name: 'a frame that ends in the middle of its map',
    reason: 'truncated',
    send: async (hostile) => hostile.sendFrame(Uint8Array.of(0xa1, 0x66))
  },
  { name: 'a frame that is no map', reason: 'shape', send: async (hostile) => hostile.sendFrame(Uint8Array.of(0x01)) },
  {
    name: 'a header that was cut short',
    reason: 'truncated',
    send: async (hostile) => hostile.send((await hostile.seal()).slice(0, -10))
  },
  {
    name: 'a header of more than 2 KiB',
    reason: 'oversized',
    send: async (hostile) => hostile.send(new Uint8Array(2049))
  },
  {
    name: 'a header with a wrong signature',
    reason: 'signature',
    send: async (hostile) => {
      const sealed = (await hostile.seal()).slice()
      sealed[sealed.length - 1]! ^= 1 // The signature comes last.
      await hostile.send(sealed)
    }
  },
  {
    name: "somebody else's header",
    reason: 'wrong-author',
    send: async (hostile) => {
      const key = await otherKey()
      await hostile.send(await sealDeltaHeader(await hostile.header({ author: authorOf(key) }), key))
    }
  },
  {
    name: 'a header that was sent before',
    reason: 'replayed',
    send: async (hostile) => {
      const sealed = await hostile.seal()
      await hostile.send(sealed)
      await hostile.send(sealed)
    }
  },
  {
    name: 'two headers for one sequence number',
    reason: 'equivocation',
    send: async (hostile) => {
      await hostile.send(await hostile.seal())
      await hostile.send(await hostile.seal({ steps: 2 }))
    }
  },
  {
    name: 'a header of another run',
    reason: 'wrong-run',
    send: async (hostile) => {
      const run = hostile.victim.run.id.bytes.slice()
      run[run.length - 1]! ^= 1
      await hostile.send(await hostile.seal({ run }))
    }
  },
  {
    name: 'a codec that the run does not use',
    reason: 'unknown-codec',
    send: async (hostile) => {
      const length = hostile.victim.run.manifest.parameterCount
      const payload = new Uint8Array(4 * Math.ceil(length / 256) + length)
      const root = (await payloadRoot(payload)).bytes
      await hostile.send(await hostile.seal({ codec: 'int8', payload: { bytes: payload.length, root } }), payload)
    }
  },
  {
    name: 'a codec that nobody knows',
    reason: 'unknown-codec',
    send: async (hostile) => hostile.send(await hostile.sealUnchecked({ codec: 'int3' }))
  },
  {
    name: 'a length that is not the model’s',
    reason: 'wrong-length',
    send: async (hostile) => {
      const { length, payload } = await hostile.header()
      // One scale and half a byte a number: the claim is right in itself.
      const longer = { length: length + 2, payload: { ...payload, bytes: payload.bytes + 1 } }
      await hostile.send(await hostile.seal(longer))
    }
  },
  {
    name: 'a payload that claims two gibibytes',
    reason: 'payload-mismatch',
    send: async (hostile) => {
      const { payload } = await hostile.header()
      await hostile.send(await hostile.sealUnchecked({ payload: { ...payload, bytes: TWO_GIB } }))
    }
  },
  {
    name: 'a payload that is not the one that was signed',
    reason: 'payload-mismatch',
    send: async (hostile) => hostile.send(await hostile.seal(), hostile.silentPayload.fill(1))
  },
  {
    name: 'a scale that is not a number',
    reason: 'non-finite',
    send: async (hostile) => sendScale(hostile, Number.NaN)
  },
  { name: 'a scale that is infinite', reason: 'non-finite', send: async (hostile) => sendScale(hostile, Infinity) },
  {
    name: 'a step out of all proportion',
    reason: 'non-finite',
    send: async (hostile) => sendScale(hostile, 1e30)
  },
  {
    name: 'a copy that is not the one that was signed',
    reason: 'state-mismatch',
    send: async (hostile) => hostile.send(await hostile.seal({ stateHash: new Uint8Array(32) }))
  },
  {
    name: 'a norm that is not the increment’s',
    reason: 'state-mismatch',
    send: async (hostile) => hostile.send(await hostile.seal({ norm: 5 }))
  }
]

/** A well-signed delta whose first scale is this number, with all codes at their largest. */
async function sendScale(hostile: HostilePeer, scale: number): Promise<void> {
  const payload = hostile.silentPayload.fill(0x77)
  new DataView(payload.buffer).setFloat32(0, scale, true)
  const root = (await payloadRoot(payload)).bytes
  await hostile.send(await hostile.seal({ payload: { bytes: payload.length, root } }), payload)
}
