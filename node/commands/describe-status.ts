import type { PeerStatus, RunStatus } from '../control/index.ts'
import { formatBytes } from '../pinning/disk-size.ts'
import { describeQuality } from '../training/quality.ts'
import { age, megabytes } from './quantities.ts'

/** A status as people read it. */
export function describeStatus(status: PeerStatus): string {
  const { peer, roles, pid, startedAt, swarmKey, connections, sentBytes, receivedBytes, rssBytes, runs } = status
  const what = roles.length === 0 ? 'in no run' : roles.join(', ')
  return [
    ...columns([
      ['peer', `${peer} (${what}), process ${pid}, up ${age(Date.now() - startedAt)}`],
      ['traffic', `${megabytes(sentBytes)} sent, ${megabytes(receivedBytes)} received, connections ${connections}`],
      ...(swarmKey === undefined ? [] : [['network', `private, swarm key ${swarmKey}`] as const]),
      ['memory', megabytes(rssBytes)],
      ['store', describePinning(status)]
    ]),
    ...runs.flatMap((run) => ['', ...describeRun(run)])
  ].join('\n')
}

function describePinning({ pinning: { quotaBytes, usedBytes, droppedForQuota, api } }: PeerStatus): string {
  const used = usedBytes === undefined ? '' : `${formatBytes(usedBytes)} of `
  const dropped = droppedForQuota === 0 ? '' : `, checkpoints dropped for room: ${droppedForQuota}`
  return `${used}${formatBytes(quotaBytes)}${dropped}${api === undefined ? '' : `; pinning API at ${api}`}`
}

function describeRun(run: RunStatus): string[] {
  const { id, name, role, state, policy, parameters, links, checkpoint } = run
  const size = parameters === undefined ? '' : `, ${parameters} parameters`
  const refused = describeRefused(run)
  return columns([
    ['run', `${name ?? ''} ${id}${size}`.trim()],
    [
      role === 'trainer' ? 'training' : 'pinning',
      describeProgress(run) ?? [state, policy ?? []].flat().join(', keeps ')
    ],
    ['links', `${links.length}`],
    ...links.map(({ peer, rttMs, ageMs, heardMs }) => {
      const heard = heardMs === undefined ? 'no delta yet' : `last delta ${age(heardMs)} ago`
      return ['', `${peer}  ${rttMs.toFixed(1)} ms, for ${age(ageMs)}, ${heard}`]
    }),
    ['checkpoint', checkpoint === undefined ? 'none yet' : describeCheckpoint(checkpoint)],
    ...(refused === '' ? [] : [['refused', refused]])
  ])
}

function columns(lines: readonly (readonly string[])[]): string[] {
  return lines.map(([name, text]) => `${name!.padEnd(11)}${text}`)
}

function describeProgress({ state, training }: RunStatus): string | undefined {
  if (training === undefined) return undefined
  const { round, rounds, loss, samples, engine, paused } = training
  const until = paused === undefined ? '' : ` ${paused}`
  const measured = loss === undefined ? '' : `, loss ${loss.toFixed(3)}`
  return `${state}${until}, round ${round} of ${rounds}${measured}; ${samples} rows, engine ${engine}`
}

export function describeCheckpoint({ root, round, ...quality }: NonNullable<RunStatus['checkpoint']>): string {
  return [`${root} of round ${round}`, describeQuality(quality) ?? []].flat().join(', ')
}

/** Reasons with their counts; empty where nothing was refused. */
export function describeRefused({ refused }: RunStatus): string {
  return Object.entries(refused)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
}
