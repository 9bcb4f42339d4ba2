import assert from 'node:assert/strict'
import { run } from '../starling.ts'
import type { BadInput, Place } from './case.ts'
import { ALONE, exists, roundsIn } from './world.ts'

type State = Pick<BadInput, 'state' | 'check'>

export const NO_HOME: State = {
  state: 'no home is made',
  check: async ({ home }) => assert.equal(await exists(home), false, `${home} was made`)
}

export const NO_ROUND: State = {
  state: 'no round is played; the home serves for the next try',
  check: async (place) => {
    assert.equal(await roundsIn(place.home), 0, 'a round was played')
    await joins(place)
  }
}

export const NO_ROUND_ONLY: State = {
  state: 'no round is played',
  check: async ({ home }) => assert.equal(await roundsIn(home), 0, 'a round was played')
}

export const TRAINED: State = {
  state: 'the run is trained to its end',
  check: async ({ home }) => assert.ok((await roundsIn(home)) >= 4, 'rounds are missing')
}

export const NOTHING_CHANGED: State = { state: 'nothing is changed', check: async () => {} }

/** The home works: a good file trains in it. */
export async function joins({ world, t, home }: Place): Promise<void> {
  const { code, stderr } = await run(
    t,
    'join',
    world.invite,
    '--home',
    home,
    '--data',
    world.path('good.csv'),
    ...ALONE
  )
  assert.equal(code, 0, stderr)
}
