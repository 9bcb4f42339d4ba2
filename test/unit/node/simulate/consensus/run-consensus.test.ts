import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  AGREED_RATIO,
  type ConsensusOptions,
  type ConsensusRound,
  ConsensusSizeError,
  runConsensus
} from '../../../../../node/simulate/consensus/index.ts'
import { TopologySpecError } from '../../../../../node/simulate/topologies/index.ts'
import { payloadBytes } from '../../../../../protocols/averaging/index.ts'

const OPTIONS: ConsensusOptions = { seed: 1, peers: 64, dimension: 40 }

/** What depends on the options alone. */
async function figures(options: Partial<ConsensusOptions> = {}) {
  const { seconds, ...result } = await runConsensus({ ...OPTIONS, ...options })
  return result
}

suite('consensus', () => {
  test('is reached on a random graph of six links in int4, and counts its rounds and bytes', async () => {
    const { rounds, ratio, drift, bytes } = await figures()
    assert.ok(rounds !== null && rounds >= 10 && rounds <= 24, `${rounds} rounds`)
    assert.ok(ratio <= AGREED_RATIO)
    assert.ok(drift < 1e-6, `the mean moved by ${drift}`)
    const payload = rounds * payloadBytes('int4', 40)
    assert.deepEqual(bytes, { payload, received: 6 * payload })
  })

  test('takes a scalar each by default, in hardly more rounds for sixteen times the peers', async () => {
    const few = await figures({ peers: 256, dimension: 1 })
    const { dimension: _, ...scalar } = OPTIONS
    const many = await runConsensus({ ...scalar, peers: 4096 })
    assert.equal(many.dimension, 1)
    assert.ok(many.rounds! <= 24 && many.rounds! <= 1.2 * few.rounds!, `${few.rounds} and ${many.rounds} rounds`)
    // The control: on a ring the rounds grow with the square of the peers.
    const [small, large] = [
      await figures({ peers: 8, topology: 'ring' }),
      await figures({ peers: 32, topology: 'ring' })
    ]
    assert.ok(large.rounds! > 1.2 * small.rounds!)
  })

  test('is the same to the last bit for the same seed, and another for another', async () => {
    for (const topology of ['regular:6', 'el-local:4']) {
      assert.deepEqual(await figures({ topology }), await figures({ topology }))
      assert.notEqual((await figures({ topology })).ratio, (await figures({ topology, seed: 2 })).ratio)
    }
  })

  test('moves the mean with EL-Local alone', async () => {
    for (const topology of ['exponential', 'matching', 'groups:4', 'el-oracle:4']) {
      const { rounds, drift } = await figures({ topology })
      assert.ok(rounds !== null && drift < 1e-6, `${topology}: ${drift}`)
    }
    assert.ok((await figures({ topology: 'el-local:4' })).drift > 1e-2)
  })

  test('says null where the rounds were not enough, and reports every one', async () => {
    const seen: ConsensusRound[] = []
    const { rounds, ratio, bytes } = await runConsensus(
      { ...OPTIONS, topology: 'path', maxRounds: 5 },
      { onRound: (round) => seen.push(round) }
    )
    assert.equal(rounds, null)
    assert.equal(bytes.payload, 5 * payloadBytes('int4', 40))
    assert.deepEqual(
      seen.map(({ round }) => round),
      [1, 2, 3, 4, 5]
    )
    assert.equal(seen.at(-1)!.ratio, ratio)
    assert.ok(seen.every((each, i) => i === 0 || each.ratio < seen[i - 1]!.ratio))
  })

  test('tells seconds by the clock that it is given', async () => {
    let now = 0
    const clock = { now: () => (now += 1500) }
    assert.equal((await runConsensus(OPTIONS, { clock })).seconds, 1.5)
  })

  test('stops with the reason of its signal, within the round', async () => {
    const controller = new AbortController()
    const stop = () => controller.abort(new Error('enough'))
    let rounds = 0
    const onRound = () => {
      rounds += 1
      stop()
    }
    await assert.rejects(runConsensus(OPTIONS, { signal: controller.signal, onRound }), /enough/)
    assert.equal(rounds, 1)
  })

  test('is refused for sizes that cannot be held and topologies that do not exist', async () => {
    for (const wrong of [{ peers: 1 }, { peers: 70_000 }, { peers: 2.5 }, { dimension: 0 }, { dimension: 1e7 }]) {
      await assert.rejects(runConsensus({ ...OPTIONS, ...wrong }), ConsensusSizeError, JSON.stringify(wrong))
    }
    await assert.rejects(runConsensus({ ...OPTIONS, topology: 'torus' }), TopologySpecError)
  })
})
