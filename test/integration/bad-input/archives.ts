/** CAR archives, and addresses to fetch from. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { run, runJson } from '../starling.ts'
import type { BadInput, Place } from './case.ts'
import { NO_HOME, NOTHING_CHANGED } from './states.ts'

/** Nobody has this: the hash of a text that no run holds. */
const ABSENT = 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am'

/** A port that no program may listen on without rights, with the id of a key that nobody has. */
const NOBODY = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

const PINS_UNCHANGED: Pick<BadInput, 'state' | 'check'> = {
  state: 'nothing more is kept',
  check: async ({ world, t }) => {
    const pins = (await runJson(t, 'pins', '--home', world.pinnerHome)) as { kind: string; state: string }[]
    assert.ok(!pins.some(({ kind, state }) => kind === 'other' && state === 'pinned'))
  }
}

/** Imports the archive of the run, with a change to its bytes, into the peer that runs. */
function importChanged(change: (archive: Buffer) => Buffer): BadInput['play'] {
  return async ({ world, t, home }) => {
    const path = `${home}.car`
    await runJson(t, 'export', world.run, '--format', 'car', '--home', world.pinnerHome, '--output', path)
    await writeFile(path, change(await readFile(path)))
    return run(t, 'import', path, '--pin', '--home', world.pinnerHome)
  }
}

function pinFrom(address: string) {
  return ({ world, t }: Place) => run(t, 'pin', ABSENT, '--home', world.pinnerHome, '--from', address)
}

export const ARCHIVES: readonly BadInput[] = [
  {
    input: 'import: an archive that is not there',
    sentence: 'gone.car cannot be read (ENOENT): check the path',
    exitCode: 1,
    ...NO_HOME,
    play: ({ world, t, home }) => run(t, 'import', world.path('gone.car'), '--home', home)
  },
  {
    input: 'import: an archive that is cut off',
    sentence: 'this is no whole CAR archive (Unexpected end of data): get it again from where it came from',
    exitCode: 1,
    ...PINS_UNCHANGED,
    play: importChanged((archive) => archive.subarray(0, -1))
  },
  {
    input: 'import: an archive in which a byte is damaged',
    sentence: 'block CID in the CAR archive is not what its CID says: get the archive again from where it came from',
    exitCode: 1,
    ...PINS_UNCHANGED,
    play: importChanged((archive) => {
      archive[archive.length - 1]! ^= 1
      return archive
    })
  },
  {
    input: 'export --format car: a CID that the home does not hold',
    sentence: 'CID cannot be exported, block CID is not in the home: `starling pin` it first',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t, home }) =>
      run(t, 'export', ABSENT, '--format', 'car', '--home', world.pinnerHome, '--output', `${home}.car`)
  },
  {
    input: 'pin --from: something that is no address',
    sentence: 'localhost:4001 is not the address of a peer: it looks like /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo…',
    exitCode: 2,
    ...PINS_UNCHANGED,
    play: pinFrom('localhost:4001')
  },
  {
    input: 'pin --from: an address at which nobody answers',
    sentence:
      'no peer answers at ADDRESS: check that it runs and that the address is reachable from here, for Kubo one of ' +
      'those that `ipfs id` prints',
    exitCode: 1,
    ...PINS_UNCHANGED,
    play: pinFrom(NOBODY)
  }
]
