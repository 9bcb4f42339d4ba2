import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { type RefusalReason, sealDeltaHeader } from '../../protocols/envelope/index.ts'
import { encodeEquivocationProof } from '../../protocols/topics/index.ts'
import { TOPIC_NAMES, topicOf } from '../../protocols/topics/run-topics.ts'
import { atEnd } from '../at-end.ts'
import { claim, farAhead, HostilePeer, prefixed, protocolOf, stateAnswer, TWO_GIB } from './hostile-peer.ts'
import { LINK_ATTACKS } from './link-attacks.ts'
import { suiteOwner, temporaryFolder } from './temporary-folder.ts'
import { NETWORK, startPeer, startTrainer, type TrainerPeer, writeRun } from './trainer-peer.ts'
import { waitFor } from './wait-for.ts'

/** Far above what a linear model of a dozen numbers needs, far below what the attackers claim. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024

/** Rounds of some 20 ms: what a peer sends is there before eight rounds have passed, after which it would be too old. */
const LOCAL_STEPS = 100

describe('a hostile peer', () => {
  let folder: string
  let victim: TrainerPeer
  let peers = 0
  /** Streams on which nothing is ever said, opened first and looked at last. */
  const silent: Stream[] = []
  const suite = suiteOwner()

  before(async () => {
    folder = await temporaryFolder(suite)
    const { home, id } = await writeRun(folder, { localSteps: LOCAL_STEPS })
    victim = await startTrainer({ home, run: id, seed: 1, links: 0 })
    atEnd(suite, () => victim.stop())
    await openSilentStreams()
  })

  async function hostilePeer(): Promise<HostilePeer> {
    peers += 1
    const peer = await startPeer(join(folder, `hostile-${peers}`))
    atEnd(suite, () => peer.stop())
    return new HostilePeer(peer, victim)
  }

  /** As many on each protocol as a neighbour may have, and a link on which no ping is answered. */
  async function openSilentStreams(): Promise<void> {
    const hostile = await hostilePeer()
    for (const name of ['link', 'delta', 'delta', 'delta', 'delta', 'state', 'state'] as const) {
      silent.push(await hostile.dial(protocolOf(name)))
    }
    assert.equal((await hostile.link()).refused, undefined)
    silent.push(hostile.stream)
    assert.ok(silent.every(({ status }) => status === 'open'))
  }

  async function linkedHostile(): Promise<HostilePeer> {
    const hostile = await hostilePeer()
    assert.equal((await hostile.link()).refused, undefined)
    return hostile
  }

  const refused = (reason: RefusalReason) => victim.trainer.refusals.get(reason) ?? 0

  /** The trainer plays on, and has taken no more memory than it needs. */
  async function goesOn(memoryBefore: NodeJS.MemoryUsage): Promise<void> {
    const { arrayBuffers, rss } = process.memoryUsage()
    assert.ok(arrayBuffers - memoryBefore.arrayBuffers < MAX_GROWTH_BYTES, `${arrayBuffers} bytes in buffers`)
    assert.ok(rss - memoryBefore.rss < MAX_GROWTH_BYTES, `${rss} bytes resident`)
    const rounds = victim.rounds()
    await waitFor('three more rounds', () => victim.rounds() >= rounds + 3)
  }

  it('is mixed with while it behaves', async () => {
    const hostile = await linkedHostile()
    const refusalsBefore = new Map(victim.trainer.refusals)
    await hostile.send(await hostile.seal())
    await waitFor('its delta in a mix', () => victim.mixed.has(hostile.peer.id))
    assert.deepEqual(new Map(victim.trainer.refusals), refusalsBefore)
    await hostile.peer.stop()
  })

  for (const { name, reason, send } of LINK_ATTACKS) {
    it(`is refused ${name}: ${reason}`, async () => {
      const hostile = await linkedHostile()
      const memoryBefore = process.memoryUsage()
      const refusedBefore = refused(reason)
      await send(hostile)
      await waitFor(`${reason} among ${[...victim.trainer.refusals]}`, () => refused(reason) > refusedBefore)
      await goesOn(memoryBefore)
      await hostile.peer.stop()
    })
  }

  it('loses its link with the third fault, and gets no other', async () => {
    const hostile = await linkedHostile()
    const { id } = hostile.peer
    const forged = (await hostile.seal()).slice()
    forged[forged.length - 1]! ^= 1
    for (const fault of [1, 2]) {
      const refusedBefore = refused('signature')
      await hostile.send(forged)
      await waitFor(`fault ${fault}`, () => refused('signature') > refusedBefore)
      assert.equal(hostile.stream.status, 'open', `dropped after ${fault}`)
    }
    await hostile.send(forged)
    await waitFor('the link to go', () => hostile.stream.remoteWriteStatus === 'closed')
    assert.equal((await hostile.link()).refused, 'misbehaved')
    await goesOn(process.memoryUsage())
    await hostile.peer.stop()
    assert.ok(!victim.mixed.has(id))
  })

  for (const name of ['link', 'delta', 'state'] as const) {
    const openings: readonly [what: string, reason: RefusalReason, bytes: Uint8Array][] = [
      ['a claim of two gibibytes', 'oversized', claim(TWO_GIB)],
      ['a length prefix without end', 'oversized', new Uint8Array(12).fill(0xff)],
      ['garbage', 'shape', Uint8Array.of(4, 0xde, 0xad, 0xbe, 0xef)],
      ['a message that was cut short', 'truncated', Uint8Array.of(2, 0xa1, 0x66)]
    ]
    for (const [what, reason, bytes] of openings) {
      it(`is refused ${what} on the ${name} protocol: ${reason}`, async () => {
        const hostile = await hostilePeer()
        const memoryBefore = process.memoryUsage()
        const refusedBefore = refused(reason)
        const stream = await hostile.dial(protocolOf(name))
        stream.send(bytes)
        await waitFor(`${reason} among ${[...victim.trainer.refusals]}`, () => refused(reason) > refusedBefore)
        await waitFor('the stream to end', () => stream.status !== 'open')
        await goesOn(memoryBefore)
        await hostile.peer.stop()
      })
    }
  }

  it('is refused garbage and oversized messages on every topic', async () => {
    const hostile = await hostilePeer()
    const { pubsub } = hostile.peer.libp2p.services
    let messages = 0
    await hostile.dial(protocolOf('link'))
    for (const name of TOPIC_NAMES) {
      const topic = topicOf(NETWORK, victim.run.id.toString(), name)
      await waitFor(`the victim on ${name}`, () => pubsub.getSubscribers(topic).length > 0)
      for (const [reason, size] of [['shape', 8] as const, ['oversized', 100_000] as const]) {
        const refusedBefore = refused(reason)
        await waitFor(`${reason} on ${name}`, async () => {
          // Every message is new: one that was seen before is dropped unread.
          messages += 1
          await pubsub.publish(
            topic,
            Uint8Array.from({ length: size }, (_, at) => (at < 4 ? messages >> (8 * at) : 0))
          )
          return refused(reason) > refusedBefore
        })
      }
    }
    await goesOn(process.memoryUsage())
    await hostile.peer.stop()
  })

  it('who has a copy of the key is told of to its owner, with what to do', async () => {
    const hostile = await hostilePeer()
    const { key, idBytes } = victim.peer
    const copies = [1, 2].map(async (steps) =>
      sealDeltaHeader({ ...(await hostile.header({ steps })), author: idBytes }, key)
    )
    const [first, second] = await Promise.all(copies)
    await hostile.dial(protocolOf('link'))
    const { pubsub } = hostile.peer.libp2p.services
    const topic = topicOf(NETWORK, victim.run.id.toString(), 'faults')
    await waitFor('the victim on the topic', () => pubsub.getSubscribers(topic).length > 0)
    await pubsub.publish(topic, encodeEquivocationProof(first!, second!))
    await waitFor('the notice', () => victim.notices.some((notice) => notice.includes('starling identity renew')))
    await goesOn(process.memoryUsage())
    await hostile.peer.stop()
  })

  const answers: readonly [
    what: string,
    reason: RefusalReason,
    answer: (hostile: HostilePeer) => Promise<Uint8Array[]>
  ][] = [
    ['a copy of two gibibytes', 'wrong-length', async (hostile) => [await stateAnswer(hostile, TWO_GIB)]],
    ['an answer of two gibibytes', 'oversized', async () => [claim(TWO_GIB)]],
    [
      'a copy that is not the one that was signed',
      'state-mismatch',
      async (hostile) => {
        const bytes = 4 * victim.run.manifest.parameterCount
        return [await stateAnswer(hostile, bytes), prefixed(new Uint8Array(bytes))]
      }
    ],
    [
      'a copy in frames that are too long',
      'wrong-length',
      async (hostile) => {
        const bytes = 4 * victim.run.manifest.parameterCount
        return [await stateAnswer(hostile, bytes), prefixed(new Uint8Array(bytes + 1))]
      }
    ]
  ]

  for (const [what, reason, answer] of answers) {
    it(`is refused ${what} that it was asked for: ${reason}`, async () => {
      const hostile = await hostilePeer()
      const memoryBefore = process.memoryUsage()
      const refusedBefore = refused(reason)
      await hostile.peer.libp2p.handle(protocolOf('state'), async (stream) => {
        for (const bytes of await answer(hostile)) stream.send(bytes)
      })
      assert.equal((await hostile.link()).refused, undefined)
      // A delta far ahead of what the victim holds makes it ask for the copy.
      await hostile.send(await farAhead(hostile))
      await waitFor(`${reason} among ${[...victim.trainer.refusals]}`, () => refused(reason) > refusedBefore)
      await goesOn(memoryBefore)
      await hostile.peer.stop()
    })
  }

  it('holds nothing open by saying nothing', async () => {
    await waitFor('all silent streams to end', () => silent.every(({ status }) => status !== 'open'))
    await waitFor('the last link to go', () => victim.trainer.degree === 0)
    await goesOn(process.memoryUsage())
  })
})
