/** Invites, runs and CIDs. */
import { CID } from 'multiformats/cid'
import { encodeInvite, parseInvite } from '../../../protocols/envelope/index.ts'
import { run } from '../starling.ts'
import type { BadInput, Place } from './case.ts'
import { NO_HOME, NO_ROUND_ONLY, NOTHING_CHANGED } from './states.ts'
import { ALONE, type World } from './world.ts'

/** A CID of the kind that runs have, of a block that nobody has. */
const UNKNOWN = 'bafyreidcenqnnsqjpmznlms3em2ypbo2lsjsjk6tzwdjtm7xs2wzbzzdja'

function joins(invite: (world: World) => string): BadInput['play'] {
  return ({ world, t, home }) =>
    run(t, 'join', invite(world), '--home', home, '--data', world.path('good.csv'), ...ALONE)
}

/** The invite, to another run or other addresses. */
function changed(world: World, changes: { run?: Uint8Array; addresses?: string[]; notAfter?: number }): string {
  return encodeInvite({ ...parseInvite(world.invite), ...changes })
}

function evaluates(what: string): (place: Place) => ReturnType<typeof run> {
  return ({ world, t }) => run(t, 'evaluate', what, '--home', world.path('nowhere'), '--data', world.path('good.csv'))
}

export const INVITES: readonly BadInput[] = [
  {
    input: 'join: an invite that was cut short',
    sentence: 'the end of the invite is missing: copy it again, as one whole line',
    exitCode: 2,
    ...NO_HOME,
    play: joins(({ invite }) => invite.slice(0, -20))
  },
  {
    input: 'join: an invite with a wrong character',
    sentence: 'the invite has a wrong character in it: copy it again rather than type it',
    exitCode: 2,
    ...NO_HOME,
    play: joins(({ invite }) => invite.replace(/.{3}$/, 'aaa'))
  },
  {
    input: 'join: an invite for another version',
    sentence: 'the invite is of version 2, this Starling reads 1: update it',
    exitCode: 2,
    ...NO_HOME,
    play: joins(({ invite }) => invite.replace('starling1', 'starling2'))
  },
  {
    input: 'join: an invite that has expired',
    sentence:
      "the invite expired at 2024-01-01T00:00:00.000Z, and this computer's clock says TIME: ask for a new one, or set the " +
      'clock if it is wrong',
    exitCode: 2,
    ...NO_HOME,
    play: joins((world) => changed(world, { notAfter: Date.UTC(2024, 0, 1) }))
  },
  {
    input: 'join: a word that is no invite',
    sentence: 'this text is no invite: an invite begins with starling1b',
    exitCode: 2,
    ...NO_HOME,
    play: joins(() => 'hello')
  },
  {
    input: 'join: a file of an invite that is not there',
    sentence: 'cannot read an invite from none.txt (ENOENT): check the path',
    exitCode: 2,
    ...NO_HOME,
    play: joins((world) => `@${world.path('none.txt')}`)
  },
  {
    input: 'join: an invite whose peers do not answer',
    sentence:
      'no peer answers, given up after N s; asked ADDRESS: start the peer that made the invite, or check that this machine ' +
      'reaches it',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: joins((world) => changed(world, { addresses: ['/ip4/127.0.0.1/tcp/9'] }))
  },
  {
    input: 'join: an invite to a run that nobody provides',
    sentence:
      'nobody gave run CID within N s; asked ADDRESS, where peers answer: start one that has the run, or ask for a new invite',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: joins((world) => changed(world, { run: CID.parse(UNKNOWN).bytes }))
  },
  {
    input: 'evaluate: neither an invite nor a CID',
    sentence:
      'checkpoint-7 is neither an invite, nor the CID of a checkpoint or run, nor the path of a file that ' +
      '`starling export` wrote',
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: evaluates('checkpoint-7')
  },
  {
    input: 'evaluate: a checkpoint and no home',
    sentence:
      'there is no home at nowhere: `starling create` and `starling join` make one; or name another with --home',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: evaluates(UNKNOWN)
  },
  {
    input: 'pin: something that is no CID, at a running peer',
    sentence: 'not-a-cid is not a CID: copy it from `starling checkpoints` or from whoever announced it',
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'pin', 'not-a-cid', '--home', world.pinnerHome)
  },
  {
    input: 'pin: a CID that nobody provides, at a running peer',
    sentence:
      'nobody gave CID within N s (asked PEERS): check the CID, or that a peer that has it is connected, ' +
      'with `starling status`',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'pin', UNKNOWN, '--home', world.pinnerHome)
  },
  {
    input: 'verify: something that is no CID',
    sentence: 'not-a-cid is not a CID: copy it from `starling checkpoints` or from whoever announced it',
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'verify', 'not-a-cid', '--home', world.path('nowhere'))
  },
  {
    input: 'verify: a checkpoint and no home',
    sentence: 'there are no blocks in nowhere: name the home that holds the checkpoint with --home',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'verify', UNKNOWN, '--home', world.path('nowhere'))
  },
  {
    input: 'verify: a run, at a running peer',
    sentence: 'CID is no checkpoint: `starling checkpoints` lists those in the home',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'verify', world.run, '--home', world.pinnerHome)
  },
  {
    input: 'history: a run and no home',
    sentence:
      'there is no home at nowhere: `starling create` and `starling join` make one; or name another with --home',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: ({ world, t }) => run(t, 'history', UNKNOWN, '--home', world.path('nowhere'))
  }
]
