import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runBaseline, runSimulation, type SimulationOptions } from '../../../../node/simulate/index.ts'
import type { SimulationHooks } from '../../../../node/simulate/simulation.ts'
import type { Trainer } from '../../../../node/training/index.ts'

/** Small enough for a second, and more peers than are all linked with all. */
const SMALL: SimulationOptions = {
  data: ['wdbc'],
  peers: 10,
  alpha: 0.5,
  model: 'linear',
  rounds: 8,
  localSteps: 4,
  batch: 16,
  codec: 'int4',
  k: 4,
  seed: 7,
  engine: 'cpu',
  delay: 0.5,
  speeds: [1, 2],
  loss: 0.1,
  repair: true,
  wait: 'all'
}

const copiesOf = async (options: Partial<SimulationOptions>) => (await runSimulation({ ...SMALL, ...options })).copies

/** A trainer that trains otherwise, and that nobody measures. */
function trainingBy(own: Trainer, train: Trainer['train']): Trainer {
  return {
    parameterCount: own.parameterCount,
    train,
    evaluate: () => assert.fail('somebody measures an attacker'),
    predict: (parameters, rows) => own.predict(parameters, rows),
    close: () => own.close()
  }
}

suite('simulation', () => {
  test('ends with the same bytes for the same seed, however busy the machine, and with others for another', async () => {
    const alone = await copiesOf({})
    // Two at once take turns at every event and every pause of training.
    assert.deepEqual(await Promise.all([copiesOf({}), copiesOf({})]), [alone, alone])
    assert.notEqual(await copiesOf({ seed: 8 }), alone)
    assert.notEqual(await copiesOf({ loss: 0.2 }), alone)
  })

  test('is as accurate on wasm as in pure JavaScript, whose last bits differ', async () => {
    const options = { ...SMALL, data: ['digits'], model: 'mlp:16', rounds: 6 }
    const [cpu, wasm] = [await runSimulation(options), await runSimulation({ ...options, engine: 'wasm' })]
    assert.notEqual(cpu.copies, wasm.copies)
    assert.ok(Math.abs(cpu.accuracy!.mean - wasm.accuracy!.mean) <= 0.003)
  })

  test('reports what its peers reached, published and received', async () => {
    const events: number[] = []
    const hooks: SimulationHooks = { onProgress: ({ round }) => events.push(round) }
    const { accuracy, bytes, peers, rounds, virtualSeconds } = await runSimulation({ ...SMALL, loss: 0 }, hooks)
    assert.deepEqual([peers, rounds], [10, 8])
    assert.ok(accuracy!.mean > 0.85 && accuracy!.worst <= accuracy!.mean)
    // 62 parameters: one scale and 31 bytes of codes; eight rounds, five or six that close, and the one that says `done`.
    assert.equal(bytes.payload % 35, 0)
    assert.ok(bytes.payload / 35 >= 14 && bytes.payload / 35 <= 16, `${bytes.payload / 35} deltas`)
    assert.ok(bytes.received >= 3 * bytes.payload && bytes.received <= 5 * bytes.payload)
    assert.ok(bytes.to95 === null || bytes.to95.payload <= bytes.payload)
    assert.ok(virtualSeconds > 0.8 && virtualSeconds < 5)
    assert.deepEqual(events.slice(0, 8), [1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('repairs what is lost, and without repair comes to grief (control)', async () => {
    const options = { ...SMALL, data: ['digits'], alpha: 0.1, rounds: 12, localSteps: 8, loss: 0.3 }
    const repaired = await runSimulation(options)
    const stale = await runSimulation({ ...options, repair: false })
    assert.ok(repaired.accuracy!.mean > 0.8, `${repaired.accuracy!.mean} with repair`)
    assert.ok(stale.accuracy!.mean < 0.6, `${stale.accuracy!.mean} without`)
  })

  test('plays to the end with crashes, late peers and a partition, and everybody is there in the end', async () => {
    const ended = new Set<number>()
    const lives = new Set<string>()
    const report = await runSimulation(
      {
        ...SMALL,
        rounds: 14,
        churn: 0.15,
        churnRounds: 3,
        late: 2,
        lateAt: 6,
        partition: { from: 8, to: 10 }
      },
      {
        onRound: ({ owner, peer }, { phase }) => {
          lives.add(peer.id)
          if (phase === 'done') ended.add(owner)
        }
      }
    )
    assert.equal(ended.size, 10)
    // 0.15 of eight peers in three rounds are three crashes and a bit.
    assert.equal(lives.size, 13)
    assert.ok(report.accuracy!.worst > 0.8)
  })

  test('cuts the links between two halves for some rounds, and opens them again', async () => {
    const links = new Map<number, number[]>()
    const options = { ...SMALL, loss: 0, speeds: [1, 1], partition: { from: 3, to: 6 } } as const
    await runSimulation(options, {
      onRound: (_, event) => void links.set(event.seq, [...(links.get(event.seq) ?? []), event.links])
    })
    const sum = (seq: number) => links.get(seq)!.reduce((all, count) => all + count, 0)
    assert.deepEqual([sum(0), sum(2), sum(7), sum(10)], [40, 40, 40, 40])
    assert.ok(sum(4) < 30, `${sum(4)} ends of links in round 4`)
  })

  test('lets peers come back with what they saved, under the same key', async () => {
    const starts = new Map<string, number[]>()
    await runSimulation(
      { ...SMALL, rounds: 14, churn: 0.12, churnRounds: 2, churnAway: 3 },
      {
        onRound: ({ peer }, { round, seq }) => {
          if (seq === 0) starts.set(peer.id, [...(starts.get(peer.id) ?? []), round])
        }
      }
    )
    assert.equal(starts.size, 10)
    // Gone after the first two rounds; back three rounds later, with the round that they left.
    const returned = [...starts.values()].filter(({ length }) => length > 1)
    assert.equal(returned.length, 2)
    for (const rounds of returned) assert.ok(rounds[0] === 0 && rounds[1]! <= 3, rounds.join(', '))
  })

  test('compares late joiners with the others three rounds after they came', async () => {
    const { late, accuracy } = await runSimulation({ ...SMALL, rounds: 12, loss: 0, late: 3, lateAt: 5 })
    assert.ok(late!.before > 0.8 && late!.after.others > 0.8)
    assert.ok(Math.abs(late!.after.late - late!.after.others) < 0.05, JSON.stringify(late))
    assert.ok(accuracy!.worst > 0.8)
  })

  test('makes stragglers as slow as it is told', async () => {
    const trainMs = new Map<number, number>()
    const options = { ...SMALL, speeds: [1, 1], stragglers: { share: 0.2, factor: 4 } } as const
    await runSimulation(options, {
      onRound: ({ owner }, { phase, trainMs: ms }) => {
        if (phase === 'training') trainMs.set(owner, ms)
      }
    })
    assert.deepEqual(
      [...trainMs.entries()].sort(([a], [b]) => a - b).map(([, ms]) => ms),
      [400, 400, 100, 100, 100, 100, 100, 100, 100, 100]
    )
  })

  test('waits for all links, for half of them or for none', async () => {
    const waitedFor = async (wait: SimulationOptions['wait']) => {
      let ms = 0
      await runSimulation(
        { ...SMALL, loss: 0, wait },
        {
          onRound: (_, { waitMs }) => {
            ms += waitMs
          }
        }
      )
      return ms
    }
    const [all, half, none] = [await waitedFor('all'), await waitedFor('half'), await waitedFor('none')]
    assert.ok(all > half && half > 0, `${all} ms for all, ${half} for half`)
    assert.equal(none, 0)
  })

  test('lets attackers do something else, and measures the others', async () => {
    const options = { ...SMALL, rounds: 12, loss: 0 }
    const { accuracy } = await runSimulation(options)
    const owners = new Set([0, 1, 2])
    const flipped = await runSimulation(options, {
      attack: {
        owners,
        trainer: (own) =>
          trainingBy(own, async (parameters, steps, rest) => {
            const start = parameters.slice()
            const report = await own.train(parameters, steps, rest)
            for (const [i, x] of start.entries()) parameters[i] = x - 10 * (parameters[i]! - x)
            return report
          })
      }
    })
    assert.ok(accuracy!.mean > flipped.accuracy!.mean + 0.1, `${accuracy!.mean}, attacked ${flipped.accuracy!.mean}`)
    const mislabelled = await runSimulation(options, {
      attack: {
        owners,
        rows: ({ training, ...rest }) => ({
          ...rest,
          training: { ...training, labels: training.labels.map((label) => 1 - label) as typeof training.labels }
        })
      }
    })
    assert.notEqual(mislabelled.copies, flipped.copies)
  })

  test('goes on without a peer that cannot, and tells how many there were', async () => {
    const broken = (owners: ReadonlySet<number>) => ({
      attack: { owners, trainer: (own: Trainer) => trainingBy(own, () => Promise.reject(new Error('broken'))) }
    })
    const { failed, accuracy } = await runSimulation({ ...SMALL, loss: 0 }, broken(new Set([2, 5])))
    assert.deepEqual([failed, accuracy!.mean > 0.85], [2, true])
    const all = new Set(Array.from({ length: 10 }, (_, owner) => owner))
    await assert.rejects(runSimulation(SMALL, broken(all)), /broken/)
  })

  test('fails with what fails in its own bookkeeping', async () => {
    const hooks = {
      onProgress: () => {
        throw new Error('full')
      }
    }
    await assert.rejects(runSimulation(SMALL, hooks), /full/)
  })

  test('stops when its signal fires', async () => {
    const stop = new AbortController()
    const hooks = { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }
    await assert.rejects(runSimulation(SMALL, hooks), /enough/)
    await assert.rejects(runBaseline('fedavg', SMALL, hooks), /enough/)
  })

  test('refuses a run that contradicts itself, as create does', async () => {
    const averaging = { momentum: { rule: 'none', mu: 0.5, kappa: 0 } } as const
    await assert.rejects(runSimulation({ ...SMALL, averaging }), /contradicts/)
    await assert.rejects(runSimulation({ ...SMALL, peers: 500 }), /500/)
  })
})

suite('baseline', () => {
  test('averages by a server as the same seed says, and better than everybody alone (control)', async () => {
    const options = { ...SMALL, alpha: 0.1 }
    const server = await runBaseline('fedavg', options)
    const again = await runBaseline('fedavg', options)
    const alone = await runBaseline('local', options)
    assert.equal(server.copies, again.copies)
    assert.ok(server.accuracy!.mean > alone.accuracy!.mean + 0.05)
    assert.deepEqual([server.bytes.payload, alone.bytes.payload], [8 * 4 * 62, 0])
  })
})
