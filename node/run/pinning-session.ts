import { once } from 'node:events'
import type { PinningRequest } from '../control/index.ts'
import { checkRoom } from '../limits/check-room.ts'
import { keeperDisk, keeperMemory } from '../limits/needs.ts'
import { DEFAULT_POLICY, formatBytes, formatPolicy, parsePolicy } from '../pinning/index.ts'
import { describeQuality } from '../training/quality.ts'
import { rememberRun } from './home-config.ts'
import { locateRun } from './locate-run.ts'
import { checkpointDiskBytes, PinnerRun } from './pinner-run.ts'
import type { RunSession, SessionEnd } from './run-session.ts'

/** Follows a run without data until the signal fires. */
export async function pinRun(session: RunSession, request: PinningRequest): Promise<SessionEnd> {
  const { peer, invite, quota, say, signal, onLocated, onRunning } = session
  say('info', 'asking the peers of the invite for the run')
  const run = await locateRun(peer, invite, signal, async ({ parameterCount: parameters }) => {
    const room = {
      what: `keeping checkpoints of ${parameters} parameters`,
      memoryBytes: keeperMemory(parameters),
      diskBytes: keeperDisk(parameters),
      home: peer.home.dir
    }
    await checkRoom(room, request.force === true, (message) => say('warn', message))
  })
  await quota.requireRoom(checkpointDiskBytes(run))
  await rememberRun(peer.home, run.id.toString(), invite.network)
  onLocated(run)
  signal.throwIfAborted()
  const policy = parsePolicy(request.policy ?? DEFAULT_POLICY)
  const unfollow = quota.follow(run.id.toString(), { policy, say })
  const pinner = new PinnerRun({
    peer,
    run,
    network: invite.network,
    invite,
    policy,
    quota,
    onPinned: ({ root, round, phase, sealedBy, ...quality }) => {
      const seal = sealedBy === undefined ? [] : `sealed over ${sealedBy} members`
      const measured = [phase, seal, describeQuality(quality) ?? []].flat().join(', ')
      say('info', `pinned checkpoint ${root} of round ${round} (${measured})`)
    },
    onNotice: (message) => say('warn', message)
  })
  try {
    await quota.apply()
    await pinner.start()
    onRunning(pinner)
    say(
      'info',
      `following run ${run.id}, keeping ${formatPolicy(policy)} within ${formatBytes(quota.quotaBytes)}; Ctrl-C stops`
    )
    if (!signal.aborted) await once(signal, 'abort')
    return { type: 'parted', rounds: 0 }
  } finally {
    await pinner.stop()
    unfollow()
  }
}
