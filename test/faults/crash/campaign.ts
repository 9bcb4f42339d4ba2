import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CID } from 'multiformats/cid'
import { ACTIVITIES, type Activity } from '../../../node/activity.ts'
import { parseInvite, type SignedDeltaHeader } from '../../../protocols/envelope/index.ts'
import { randomFrom } from '../../integration/random.ts'
import { LABEL, writeBlobs } from '../../integration/tables.ts'
import { CrashPeer } from './crash-peer.ts'
import { HeaderLedger } from './header-ledger.ts'
import { inspectHome } from './inspect-home.ts'
import { startObserver } from './observer.ts'

const MAIN = fileURLToPath(new URL('../../../node/main.ts', import.meta.url))
const run = promisify(execFile)

/** The setting. */
const MIXES_WITHIN_ROUNDS = 3
const MOST_ROUNDS_LOST = 1

/** An instant at random: within so long after the peer has mixed again. */
const INSTANT_MS = 1500

/** Some peers die again while they start. */
const DIES_STARTING = 0.1
const START_MS = 4000

/** Longest way of a header that was sent before its author died. */
const HEADER_UNDER_WAY_MS = 300

export interface CampaignInit {
  readonly folder: string
  readonly peers: number
  readonly kills: number
  readonly seed: number
  /** Decides how long a round is. */
  readonly localSteps: number
  readonly onKill?: (kill: Kill, number: number) => void
}

export interface Kill {
  readonly peer: number
  /** By a signal at a random instant, or in the midst of something chosen. */
  readonly how: 'instant' | 'chosen' | 'starting'
  readonly during: readonly string[]
  /** Rounds until the first that mixed after the restart; null where it was killed before that. */
  readonly mixedIn: number | null
  /** Announced or stored rounds that the restart played again; negative where the others were ahead. */
  readonly lost: number | null
}

export interface CampaignResult {
  readonly seed: number
  readonly kills: number
  /** How often something was under way when the peer was killed; several things may be at once. */
  readonly hits: Readonly<Record<string, number>>
  readonly headers: number
  readonly deltasReplayed: number
  readonly checkpointsRead: number
  /** Largest over all restarts. */
  readonly mixedIn: number
  readonly lost: number
  readonly violations: readonly string[]
}

/** Kills peers of a real run, one at a time, and looks at what each leaves behind and how it comes back. */
export async function crashCampaign(init: CampaignInit): Promise<CampaignResult> {
  const { folder, seed, kills } = init
  const { peers, invite } = await createFlock(init)
  const ledger = new HeaderLedger()
  const campaign = new Campaign({ ...init, peers, ledger, run: CID.decode(parseInvite(invite).run) })
  let observer: Awaited<ReturnType<typeof startObserver>> | undefined
  try {
    const [creator, ...others] = peers
    await creator!.start()
    // It introduces the others to each other, and makes the first round with one of them.
    await creator!.says('rows to train on')
    for (const peer of others) await peer.start()
    observer = await startObserver(join(folder, 'observer'), parseInvite(invite), ledger)
    await Promise.all(peers.map((peer) => peer.mixes()))
    await campaign.play()
    return { seed, kills, ...campaign.result }
  } finally {
    await Promise.all(peers.map((peer) => peer.kill()))
    await observer?.stop()
  }
}

async function createFlock({ folder, peers: count, seed, localSteps }: CampaignInit) {
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
  const rows = await Promise.all(
    Array.from({ length: count }, (_, i) => writeBlobs(join(folder, `rows-${i}.csv`), 90, seed * count + i))
  )
  const homes = rows.map((_, i) => join(folder, `home-${i}`))
  const plan = ['--label', LABEL, '--model', 'linear', '--rounds', '1000000', '--checkpoint-every', '10', '--yes']
  const words = [
    '--home',
    homes[0]!,
    '--data',
    rows[0]!,
    ...plan,
    '--local-steps',
    String(localSteps),
    ...listen,
    '--json'
  ]
  const { stdout } = await run(process.execPath, [MAIN, 'create', ...words])
  const { invite } = JSON.parse(stdout) as { invite: string }
  const peers = homes.map(
    (home, i) => new CrashPeer(home, ['join', invite, '--home', home, '--data', rows[i]!, ...(i === 0 ? [] : listen)])
  )
  return { peers, invite }
}

interface CampaignState extends Omit<CampaignInit, 'peers'> {
  readonly peers: readonly CrashPeer[]
  readonly ledger: HeaderLedger
  readonly run: CID
}

class Campaign {
  readonly #state: CampaignState
  readonly #random: () => number
  readonly #hits = new Map<string, number>(ACTIVITIES.map((activity) => [activity, 0]))
  readonly #violations: string[] = []
  #killed = 0
  #deltasReplayed = 0
  #checkpointsRead = 0
  #mixedIn = 0
  #lost = Number.NEGATIVE_INFINITY

  constructor(state: CampaignState) {
    this.#state = state
    this.#random = randomFrom(state.seed)
  }

  get result(): Omit<CampaignResult, 'seed' | 'kills'> {
    const { ledger } = this.#state
    return {
      hits: Object.fromEntries(this.#hits),
      headers: ledger.count,
      deltasReplayed: this.#deltasReplayed,
      checkpointsRead: this.#checkpointsRead,
      mixedIn: this.#mixedIn,
      lost: this.#lost,
      violations: [...ledger.violations, ...this.#violations]
    }
  }

  async play(): Promise<void> {
    const { kills, peers, onKill } = this.#state
    while (this.#killed < kills) {
      const number = this.#draw(peers.length)
      const peer = peers[number]!
      const how = this.#random() < 0.5 ? 'instant' : 'chosen'
      if (how === 'instant') await delay(this.#random() * INSTANT_MS).then(() => peer.kill())
      else await peer.killDuring(this.#order())
      let before = await this.#examine(peer)
      let during = await this.#count(peer)
      while (this.#killed < kills && this.#random() < DIES_STARTING) {
        onKill?.({ peer: number, how, during, mixedIn: null, lost: null }, this.#killed)
        await peer.start()
        await delay(this.#random() * START_MS)
        await peer.kill()
        before = (await this.#examine(peer)) ?? before
        during = await this.#count(peer)
      }
      const returned = await this.#bringBack(peer, before)
      onKill?.({ peer: number, how, during, ...returned }, this.#killed)
    }
  }

  /** In the midst of what was hit least so far. */
  #order() {
    const fewest = Math.min(...ACTIVITIES.map((activity) => this.#hits.get(activity)!))
    const least = ACTIVITIES.filter((activity) => this.#hits.get(activity) === fewest)
    const activity: Activity = least[this.#draw(least.length)]!
    const occurrence = activity === 'checkpointing' ? 1 : 1 + this.#draw(8)
    return { activity, occurrence, turns: Math.floor(this.#random() ** 3 * 20) }
  }

  async #count(peer: CrashPeer): Promise<readonly string[]> {
    this.#killed += 1
    const during = await peer.activities()
    for (const name of during) this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1)
    return during
  }

  /** Looks into the dead peer's home. Resolves with the last header that anybody has of it. */
  async #examine(peer: CrashPeer): Promise<SignedDeltaHeader | undefined> {
    const { ledger, run, folder } = this.#state
    await delay(HEADER_UNDER_WAY_MS)
    try {
      const found = await inspectHome(peer.home, join(folder, 'scratch'), run, ledger)
      this.#deltasReplayed += found.replayed
      this.#checkpointsRead += found.checkpoints
      this.#violations.push(...found.violations.map((what) => `${peer.home}, start ${peer.starts}: ${what}`))
    } catch (error) {
      this.#violations.push(`${peer.home} does not open after start ${peer.starts}: ${(error as Error).message}`)
    }
    return ledger.newestOf(await peer.id())
  }

  async #bringBack(peer: CrashPeer, before: SignedDeltaHeader | undefined) {
    await peer.start()
    const rounds = await peer.mixes()
    const mixedIn = rounds.length
    if (mixedIn > MIXES_WITHIN_ROUNDS) {
      this.#violations.push(`${peer.home} mixed only in round ${mixedIn} of its start ${peer.starts}`)
    }
    this.#mixedIn = Math.max(this.#mixedIn, mixedIn)
    if (before === undefined) return { mixedIn, lost: null }
    const lost = before.header.round + 1 - rounds[0]!.round
    if (lost > MOST_ROUNDS_LOST) this.#violations.push(`${peer.home} lost ${lost} rounds at its start ${peer.starts}`)
    this.#lost = Math.max(this.#lost, lost)
    return { mixedIn, lost }
  }

  #draw(below: number): number {
    return Math.floor(this.#random() * below)
  }
}
