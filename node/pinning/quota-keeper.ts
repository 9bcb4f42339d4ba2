import { isKeptBy, type KeptRoot, Mutex, type Storage } from '../../storage/index.ts'
import { type Candidate, chooseKept, newestFirst } from './choose-kept.ts'
import { formatBytes } from './disk-size.ts'
import type { PinningPolicy } from './policy.ts'

type Say = (level: 'info' | 'warn', message: string) => void

export interface FollowedRun {
  readonly policy: PinningPolicy
  /** Hears what is dropped of the run, and when the quota is too small for it. */
  readonly say: Say
}

export interface QuotaKeeperInit {
  readonly storage: Pick<Storage, 'pins' | 'checkpoints' | 'sweep' | 'usedBytes'>
  /** What all blocks of the home may take on the disk. */
  readonly quotaBytes: number
}

/** What a peer's blocks take, for its status. */
export interface QuotaStatus {
  readonly quotaBytes: number
  /** As it was found last; absent before the first look. */
  readonly usedBytes?: number
  /** Checkpoints that a policy asked for and that were dropped for room, since the start. */
  readonly droppedForQuota: number
}

export interface Room {
  /** Bytes on the disk. */
  readonly expected: number
  readonly most: number
}

/** The quota does not hold what following a run takes. */
export class QuotaTooSmallError extends Error {
  override readonly name = 'QuotaTooSmallError'
  readonly code = 'ERR_QUOTA_TOO_SMALL'

  constructor(quotaBytes: number, neededBytes: number) {
    super(
      `the quota of ${formatBytes(quotaBytes)} is too small: what is kept here and two checkpoints of the run take ` +
        `${formatBytes(neededBytes)}, set --quota to that at least, or unpin something`
    )
  }
}

interface Kept extends Candidate {
  readonly pin: KeptRoot
}

/** Sweeps of everything that nobody keeps; in between, only what was dropped is looked at. */
const SWEEP_EVERY_MS = 600_000

/** Blocks are removed and looked at again so often before what is left counts as not ours to drop. */
const MAX_ROUNDS_OF_DROPPING = 8

/**
 * Keeps a peer's blocks within their quota: of the runs that it follows it drops what their policies do not ask for, then
 * what there is no room for, the oldest first. It touches nothing else: not what a user or a client pinned, not chains, not
 * the newest checkpoint of a followed run, not runs that are trained in.
 */
export class QuotaKeeper {
  readonly quotaBytes: number
  readonly #storage: QuotaKeeperInit['storage']
  readonly #runs = new Map<string, FollowedRun>()
  readonly #sizes = new Map<string, number>()
  readonly #mutex = new Mutex()
  #usedBytes: number | undefined
  #sweptAt = Number.NEGATIVE_INFINITY
  #dropped = 0
  /** Room that fetches under way may fill. */
  #promised = 0

  constructor({ storage, quotaBytes }: QuotaKeeperInit) {
    this.#storage = storage
    this.quotaBytes = quotaBytes
  }

  get status(): QuotaStatus {
    const used = this.#usedBytes === undefined ? {} : { usedBytes: this.#usedBytes }
    return { quotaBytes: this.quotaBytes, ...used, droppedForQuota: this.#dropped }
  }

  /** Looks after a run's checkpoints from now on, until what it answers with is called. */
  follow(run: string, followed: FollowedRun): () => void {
    this.#runs.set(run, followed)
    return () => {
      if (this.#runs.get(run) === followed) this.#runs.delete(run)
    }
  }

  /** Drops what the policies let go and what does not fit. Call when something was kept or a policy changed. */
  async apply(): Promise<void> {
    await this.#mutex.run(() => this.#makeRoom(0))
  }

  /**
   * Makes room for a fetch of about `expected` bytes, does it, and drops what does not fit then. `work` hears how many bytes
   * there are, at most `most`.
   */
  async withRoom<T>({ expected, most }: Room, work: (room: number) => Promise<T>): Promise<T> {
    const room = await this.#mutex.run(async () => {
      const free = (await this.#makeRoom(expected + this.#promised)) - this.#promised
      const promised = Math.min(most, Math.max(0, free))
      this.#promised += promised
      return promised
    })
    try {
      return await work(room)
    } finally {
      this.#promised -= room
      await this.apply()
    }
  }

  /** Throws QuotaTooSmallError where not even the newest two checkpoints of a run would fit beside all else. */
  async requireRoom(checkpointBytes: number): Promise<void> {
    const needed = await this.#mutex.run(async () => {
      const kept = await this.#checkpoints()
      return (await this.#measure()) - sum(kept) + 2 * checkpointBytes
    })
    if (needed > this.quotaBytes) throw new QuotaTooSmallError(this.quotaBytes, needed)
  }

  /** Bytes that may be stored without dropping anything; fetches under way have theirs already. */
  async freeBytes(): Promise<number> {
    return this.#mutex.run(async () => Math.max(0, this.quotaBytes - (await this.#measure()) - this.#promised))
  }

  /** Drops until so many bytes are free, or nothing is left to drop. Answers with the bytes that are. */
  async #makeRoom(bytes: number): Promise<number> {
    for (let round = 0; ; round++) {
      const used = await this.#measure()
      const kept = await this.#checkpoints()
      const policies = new Map(Array.from(this.#runs, ([run, { policy }]) => [run, policy]))
      const others = used - sum(kept)
      const { byPolicy, byQuota } = chooseKept(kept, policies, this.quotaBytes - bytes - others)
      const isOver = used + bytes > this.quotaBytes
      // Blocks that checkpoints share are counted with each: where the sum misleads, one more goes at a time.
      const forRoom = isOver && byQuota.length === 0 && byPolicy.length === 0 ? this.#oldest(kept) : byQuota
      const surplus = isOver ? [...byPolicy, ...forRoom] : byPolicy
      if (isOver && byPolicy.length === 0 && (await this.#sweepAll())) continue
      if (surplus.length > 0 && round < MAX_ROUNDS_OF_DROPPING) await this.#drop(surplus, isOver ? forRoom : [])
      else return this.quotaBytes - used
    }
  }

  /** Removes what nobody keeps, such as what is left of fetches that failed; true when that was worth another look. */
  async #sweepAll(): Promise<boolean> {
    if (performance.now() - this.#sweptAt < SWEEP_EVERY_MS) return false
    this.#sweptAt = performance.now()
    return (await this.#storage.sweep()).removed > 0
  }

  /** The oldest that is not the newest of its run. */
  #oldest(kept: readonly Kept[]): Kept[] {
    const newestIn = (run: string) => kept.filter((other) => other.run === run).sort(newestFirst)[0]
    return kept
      .filter((checkpoint) => checkpoint !== newestIn(checkpoint.run))
      .sort(newestFirst)
      .slice(-1)
  }

  async #measure(): Promise<number> {
    this.#usedBytes = await this.#storage.usedBytes()
    return this.#usedBytes
  }

  /** What the policies have a say in: checkpoints of followed runs that nobody else keeps too. */
  async #checkpoints(): Promise<Kept[]> {
    const found: Kept[] = []
    const known = new Set<string>()
    for (const pin of await this.#storage.pins.list()) {
      const { run, round = 0, createdAt, kind } = pin
      if (kind !== 'checkpoint' || run === undefined || !this.#runs.has(run) || !isKeptBy(pin, 'policy')) continue
      const key = pin.root.toString()
      known.add(key)
      const bytes = this.#sizes.get(key) ?? (await this.#storage.pins.sizeOf(pin.root)).diskBytes
      this.#sizes.set(key, bytes)
      // What a user keeps too frees nothing, yet holds its place in the policy's count.
      found.push({ run, round, createdAt, bytes: pin.by === 'policy' ? bytes : 0, pin })
    }
    for (const key of this.#sizes.keys()) if (!known.has(key)) this.#sizes.delete(key)
    return found
  }

  async #drop(surplus: readonly Kept[], forRoom: readonly Kept[]): Promise<void> {
    const dropped = await this.#storage.checkpoints.drop(surplus.map(({ pin }) => pin))
    if (dropped.length > 0) await this.#storage.sweep({ only: dropped })
    for (const [run, { say }] of this.#runs) {
      const rounds = forRoom.filter((checkpoint) => checkpoint.run === run).map(({ round }) => round)
      if (rounds.length === 0) continue
      this.#dropped += rounds.length
      const what =
        rounds.length === 1
          ? `the checkpoint of round ${rounds[0]}`
          : `checkpoints of rounds ${rounds.sort((a, b) => a - b).join(', ')}`
      say(
        'warn',
        `the quota of ${formatBytes(this.quotaBytes)} is reached: dropped ${what}, which the policy would keep`
      )
    }
  }
}

function sum(kept: readonly Kept[]): number {
  return kept.reduce((total, { bytes }) => total + bytes, 0)
}
