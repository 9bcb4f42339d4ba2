import type { RunManifest } from '../../protocols/envelope/index.ts'
import type { TrainingRequest } from '../control/index.ts'
import { describeNotes } from '../data/index.ts'
import { bytesOf, checkRoom } from '../limits/check-room.ts'
import { Hours, isMetered } from '../limits/index.ts'
import { trainerDisk, trainerMemory } from '../limits/needs.ts'
import { describeQuality } from '../training/quality.ts'
import { startVectorWorker, type VectorWorker, type WorkerReport } from '../vectors/index.ts'
import { rememberRun } from './home-config.ts'
import { forgetJoin, rememberJoin } from './joined-runs.ts'
import { locateRun } from './locate-run.ts'
import type { RunFiles } from './run-files.ts'
import type { RunSession, SessionEnd } from './run-session.ts'
import { TrainerRun } from './trainer-run.ts'

/** Progress is logged about this often. */
const LOG_INTERVAL_MS = 5000

type Vectors = VectorWorker & { readonly report: WorkerReport }

/**
 * Takes part in a run with the own rows, in a worker thread of its own, until it ends and nobody needs this peer any
 * more, or the signal fires. What it opened is closed again, however it ends. Throws the data's, the engine's and the
 * run's errors.
 */
export async function trainInRun(session: RunSession, request: TrainingRequest): Promise<SessionEnd> {
  const { peer, invite, say, signal, onLocated } = session
  say('info', 'asking the peers of the invite for the run')
  const run = await locateRun(peer, invite, signal, (manifest) => requireRoomToTrain(session, request, manifest))
  await rememberRun(peer.home, run.id.toString(), invite.network)
  onLocated(run)
  const vectors = await startVectors(run, request)
  try {
    signal.throwIfAborted()
    describeRows(session, run, vectors.report)
    await remember(session, request, run)
    const end = await train(session, request, run, vectors)
    if (end.type === 'done') await forgetJoin(peer.home, run.id.toString())
    return end
  } finally {
    await vectors.close()
  }
}

/** Whatever stops this peer from here on, `join` goes on with the run. */
async function remember({ peer }: RunSession, request: TrainingRequest, { id, manifest }: RunFiles): Promise<void> {
  await rememberJoin(peer.home, {
    run: id.toString(),
    name: manifest.name,
    joinedAt: Date.now(),
    request,
    ...(peer.upload === undefined ? {} : { maxUpload: peer.upload.bytesPerSecond })
  })
}

/** Refuses a run that this machine has no room for, before its weights are fetched. */
async function requireRoomToTrain(
  { peer, say }: RunSession,
  { data, test, force }: TrainingRequest,
  { parameterCount: parameters, averaging: { k, codec }, personalise }: RunManifest
): Promise<void> {
  const room = {
    what: `training this run's ${parameters} parameters with ${k} neighbours and these rows`,
    memoryBytes: trainerMemory(
      { parameters, k, isPersonal: personalise?.rule === 'ditto' },
      await bytesOf([data, test ?? []].flat())
    ),
    diskBytes: trainerDisk({ parameters, codec }),
    home: peer.home.dir
  }
  await checkRoom(room, force === true, (message) => say('warn', message))
}

function startVectors(run: RunFiles, { data, test, seed, engine, maxCpu }: TrainingRequest): Promise<Vectors> {
  return startVectorWorker({
    manifest: run.manifestBytes,
    modelJson: run.modelJson,
    initial: new Uint8Array(run.initial.buffer, run.initial.byteOffset, run.initial.byteLength),
    rows: { data, seed, ...(test === undefined ? {} : { test }) },
    ...(engine === undefined ? {} : { engine }),
    ...(maxCpu === undefined ? {} : { maxCpu })
  })
}

function describeRows({ say }: RunSession, run: RunFiles, report: WorkerReport): void {
  const { batch } = run.manifest.training
  say('info', `${report.samples} rows to train on, ${report.heldOut} held out, engine ${report.engine}`)
  if (report.engineReason !== undefined) say('warn', report.engineReason)
  if (report.batch < batch) say('warn', `batch cut from ${batch} to the ${report.batch} rows there are`)
  for (const note of describeNotes(report.notes)) say('warn', note)
}

async function train(
  { peer, invite, say, signal, onRunning }: RunSession,
  request: TrainingRequest,
  run: RunFiles,
  vectors: Vectors
): Promise<SessionEnd> {
  const trainer = new TrainerRun({
    peer,
    run,
    network: invite.network,
    invite,
    vectors,
    company: { links: request.waitForLinks, ms: 1000 * request.waitSeconds },
    ...(request.hours === undefined ? {} : { hours: new Hours(request.hours) }),
    keepsAll: request.history === 'all',
    ...(request.pauseOnMetered === true ? { isMetered } : {}),
    onRound: sayProgress(say, run.manifest.training.rounds),
    onSealed: (root, members) => say('info', `sealed checkpoint over ${members} members: ${root}`),
    onCheckpoint: ({ root }, { round }) => say('info', `checkpoint of round ${round}: ${root}`),
    onFetching: sayFetching(say),
    onNotice: (message) => say('warn', message)
  })
  try {
    await trainer.start()
    onRunning(trainer)
    const { end, rounds } = await trainer.train(signal)
    if (end === 'interrupted') return { type: 'parted', rounds }
    const metrics = vectors.report.heldOut > 0 ? await vectors.evaluate() : null
    const personal = vectors.report.heldOut > 0 ? ((await vectors.evaluatePersonal()) ?? null) : null
    const measured = metrics === null ? '' : `, ${describeQuality(metrics)}`
    const own = personal === null ? '' : `, with its own model ${describeQuality(personal)}`
    say('info', `done after ${rounds} rounds${measured}${own}`)
    await trainer.linger(1000 * request.lingerSeconds, signal)
    return { type: 'done', rounds, metrics, checkpoint: trainer.newestCheckpoint?.toString() ?? null }
  } finally {
    await trainer.stop()
  }
}

function sayProgress(
  say: RunSession['say'],
  rounds: number
): NonNullable<ConstructorParameters<typeof TrainerRun>[0]['onRound']> {
  let saidAt = 0
  return ({ round, phase, loss, links }) => {
    if (Date.now() - saidAt < LOG_INTERVAL_MS) return
    saidAt = Date.now()
    const measured = loss === undefined ? '' : `, loss ${loss.toFixed(3)}`
    say('info', `round ${round + 1} of ${rounds} (${phase}), ${links} links${measured}`)
  }
}

/** How far copies of neighbours are on their way, all together: a large model takes minutes over a slow line. */
function sayFetching(say: RunSession['say']): NonNullable<ConstructorParameters<typeof TrainerRun>[0]['onFetching']> {
  const underWay = new Map<string, { received: number; total: number }>()
  let saidAt = Date.now()
  return (peer, received, total) => {
    if (received < total) underWay.set(peer, { received, total })
    else underWay.delete(peer)
    if (Date.now() - saidAt < LOG_INTERVAL_MS || underWay.size === 0) return
    saidAt = Date.now()
    const parts = [...underWay.values()]
    const here = parts.reduce((sum, part) => sum + part.received, 0)
    const all = parts.reduce((sum, part) => sum + part.total, 0)
    const percent = Math.floor((100 * here) / all)
    say(
      'info',
      `fetching copies from ${parts.length} peers: ${(here / 1e6).toFixed(1)} of ${(all / 1e6).toFixed(1)} MB, ${percent} %`
    )
  }
}
