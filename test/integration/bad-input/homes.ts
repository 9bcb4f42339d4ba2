/** Homes, ports and clocks. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { run, runJson, startIn } from '../starling.ts'
import type { BadInput, Place } from './case.ts'
import { joins, NO_HOME, NO_ROUND_ONLY, NOTHING_CHANGED } from './states.ts'
import { ALONE, exists } from './world.ts'

/** Shifts the clock of the process that imports it an hour back. */
const CLOCK_SET_BACK = 'data:text/javascript,const%20now=Date.now;Date.now=()=>now()-3600000'

function joinHere({ world, t, home }: Place) {
  return run(t, 'join', world.invite, '--home', home, '--data', world.path('good.csv'), ...ALONE)
}

/** Joins with a home that was used before and damaged since. */
function joinAfter(damage: (home: string, place: Place) => Promise<unknown>): BadInput['play'] {
  return async (place) => {
    await joins(place)
    await damage(place.home, place)
    return joinHere(place)
  }
}

/** Joins with a home that holds these files only. */
function joinWith(files: Readonly<Record<string, string>>): BadInput['play'] {
  return async (place) => {
    await mkdir(place.home)
    for (const [name, content] of Object.entries(files)) await writeFile(join(place.home, name), content)
    return joinHere(place)
  }
}

/** `join` and the home alone, in one that remembers having trained on a file which is another now, or gone. */
function resume(file: string): BadInput['play'] {
  return async ({ world, t, home }) => {
    const options = { seed: 1, waitForLinks: 0, waitSeconds: 1, lingerSeconds: 0 }
    const request = { role: 'trainer', invite: world.invite, data: world.path(file), ...options }
    const joined = { v: 1, run: world.run, name: 'ward', joinedAt: 1, request, fingerprint: 'of other rows' }
    await mkdir(join(home, 'joined'), { recursive: true })
    await writeFile(join(home, 'joined', `${world.run}.json`), JSON.stringify(joined))
    return run(t, 'join', '--home', home)
  }
}

/** Works again once one file is out of the way. */
function works(state: string, ...file: readonly string[]): Pick<BadInput, 'state' | 'check'> {
  return {
    state,
    check: async (place) => {
      await rm(join(place.home, ...file), { recursive: true })
      await joins(place)
    }
  }
}

async function joinOnTakenPort({ world, t, home }: Place) {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(async () => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const words = ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
  return run(t, 'join', world.invite, '--home', home, '--data', world.path('good.csv'), ...words)
}

async function joinWithClockSetBack(place: Place) {
  const { world, t, home } = place
  await joins(place)
  const words = ['join', world.invite, '--home', home, '--data', world.path('good.csv'), ...ALONE]
  const starling = startIn({ NODE_OPTIONS: `--import=${CLOCK_SET_BACK}` }, t, ...words)
  return starling.finished
}

export const HOMES: readonly BadInput[] = [
  {
    input: 'join: a home from a newer version',
    sentence: 'home HOME has format 2, this program knows up to 1: update the program',
    exitCode: 1,
    state: 'the home is left as it is',
    play: joinWith({ 'home.json': '{"version":2}' }),
    check: async ({ home }) => assert.equal(await readFile(join(home, 'home.json'), 'utf8'), '{"version":2}')
  },
  {
    input: 'join: a home whose version file is half-written',
    sentence: 'HOME/home.json holds "{\\"vers", expected {"version":1}: put that back, by hand or from a backup',
    exitCode: 1,
    ...works('the home is left as it is, and works once the file is mended or gone', 'home.json'),
    play: joinAfter((home) => truncate(join(home, 'home.json'), 6))
  },
  {
    input: 'join: a home whose key is half-written',
    sentence:
      'HOME/identity.key holds no valid Ed25519 key: restore it from a backup, or remove it to start as a new peer',
    exitCode: 1,
    ...works('the home is left as it is, and works with another key', 'identity.key'),
    play: joinAfter((home) => truncate(join(home, 'identity.key'), 30))
  },
  {
    input: 'join: a home whose swarm key is none',
    sentence:
      'HOME/swarm.key holds no swarm key: it has three lines, /key/swarm/psk/1.0.0/, /base16/ and 64 digits of base 16, ' +
      "as Kubo's",
    exitCode: 1,
    ...works('the home is left as it is, and works once the file is gone', 'swarm.key'),
    play: joinAfter((home) => writeFile(join(home, 'swarm.key'), '/key/swarm/psk/1.0.0/\n/base64/\nnonsense\n'))
  },
  {
    input: 'join: a home whose configuration is half-written',
    sentence:
      "HOME/config.json is not JSON (Expected ',' or '}' after property value in JSON at position 17 (line 1 column 18)): " +
      'mend or delete it',
    exitCode: 2,
    ...works('the home is left as it is, and works once the file is gone', 'config.json'),
    play: joinAfter((home) => writeFile(join(home, 'config.json'), '{"listen": "/ip4'.concat('"')))
  },
  {
    input: 'join: a home whose datastore is damaged',
    sentence:
      'datastore HOME/datastore does not open: another process uses it, or it is damaged: stop that process, or move the ' +
      'folder away; what the home keeps is then fetched again, and your own pins are lost',
    exitCode: 1,
    ...works('the home works once the folder is gone', 'datastore'),
    play: joinAfter((home) => writeFile(join(home, 'datastore', 'CURRENT'), 'x'))
  },
  {
    input: 'join: a home whose saved copy is half-written',
    sentence: 'HOME/copies/CID.copy is damaged and was ignored: the own chain, or the neighbours, give another',
    exitCode: 0,
    state: 'the run is trained to its end',
    play: joinAfter((home, { world }) => truncate(join(home, 'copies', `${world.run}.copy`), 50)),
    check: async ({ home, world }) => assert.ok(await exists(join(home, 'copies', `${world.run}.copy`)))
  },
  {
    input: 'join: a home that has joined nothing, and no invite',
    sentence:
      'home HOME has no run to go on with: name the invite and the rows, as in ' +
      '`starling join @invite.txt --data rows.csv`, or another home with --home',
    exitCode: 2,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'join', '--home', home)
  },
  {
    input: 'join: a home whose rows have changed, and no invite',
    sentence:
      'good.csv has changed since this home trained run "ward" on it: name it with --data to go on with it as it is now, ' +
      'or put the old file back',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: resume('good.csv')
  },
  {
    input: 'join: a home whose rows are gone, and no invite',
    sentence:
      'gone.csv, the rows that this home trains run "ward" on, is not there: put it back, or name other rows with --data',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: resume('gone.csv')
  },
  {
    input: 'doctor: a home that is not there',
    sentence: 'there is no home at HOME: `starling create` and `starling join` make one; or name another with --home',
    exitCode: 1,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'doctor', '--check-store', '--home', home)
  },
  {
    input: 'join: a file in the place of the home',
    sentence: 'home HOME cannot be written (ENOTDIR): check its owner and permissions, or choose another home',
    exitCode: 1,
    state: 'the file is left as it is',
    play: async (place) => {
      await writeFile(place.home, 'mine')
      return joinHere(place)
    },
    check: async ({ home }) => assert.equal(await readFile(home, 'utf8'), 'mine')
  },
  {
    input: 'join: a run that the peer in the home is in already',
    sentence:
      'the peer that runs in pinner is in run run (CID) already: see `starling status`, or `starling leave` it first',
    exitCode: 1,
    state: 'the other process goes on',
    play: ({ world, t }) => run(t, 'join', world.invite, '--home', world.pinnerHome, '--data', world.path('good.csv')),
    check: async ({ world }) => assert.ok((await world.pinner.alive()).length > 0)
  },
  {
    input: 'join: a port in use',
    sentence:
      "cannot listen on ADDRESS: the port is in use or the address is not this machine's; choose another with --listen, " +
      'for instance /ip4/0.0.0.0/tcp/0',
    exitCode: 1,
    state: 'the home does not remember the port',
    play: joinOnTakenPort,
    check: async ({ home }) => assert.equal(await exists(join(home, 'config.json')), false)
  },
  {
    input: 'status: a home where no peer runs',
    sentence: 'no peer is running in HOME: start one with `starling join` or `starling start`, or name another --home',
    exitCode: 1,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'status', '--home', home)
  },
  {
    input: 'pause: a peer that has no data',
    sentence: 'this peer has no data and does not train: there is nothing to pause',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'pause', '--home', world.pinnerHome)
  },
  {
    input: 'join: the clock set back an hour since the last start',
    sentence: 'resumed from the own copy of round N',
    exitCode: 0,
    state: 'the new start counts as the newer one, and the newest checkpoint is first',
    play: joinWithClockSetBack,
    check: async ({ t, home }) => {
      const start = Number(await readFile(join(home, 'last-start'), 'utf8'))
      assert.ok(start > Date.now() - 1_800_000, 'the incarnation is an hour old')
      const kept = (await runJson(t, 'checkpoints', '--home', home)) as { createdAt: number }[]
      assert.ok(kept.length > 0 && kept.every(({ createdAt }) => createdAt > Date.now() - 1_800_000))
    }
  }
]
