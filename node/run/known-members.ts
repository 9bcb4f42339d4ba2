import { readdir, readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { peerText } from '../../protocols/links/index.ts'
import { type Home, makeFolder, writeFileAtomic } from '../../storage/index.ts'

const FOLDER = 'members'

/** As many as a handshake names: one that answers knows the others. */
const MAX_MEMBERS = 16

const file = z.array(
  z.object({
    peer: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{40,60}$/),
    addresses: z.array(z.string().max(1000)).max(16)
  })
)

interface Member {
  /** Peer id, multihash bytes. */
  readonly peer: Uint8Array
  readonly addresses: readonly string[]
}

/**
 * Members of a run that this peer met, under `members/` in its home: after a restart it finds them although whoever
 * invited it is gone. What the file says is only tried, so it is not synced, and a damaged one counts as none.
 */
export class KnownMembers {
  readonly #home: Home
  readonly #run: string
  #written = ''

  constructor(home: Home, run: string) {
    this.#home = home
    this.#run = run
  }

  async load(): Promise<{ readonly id: string; readonly addresses: string[] }[]> {
    const text = await readFile(pathOf(this.#home, this.#run), 'utf8').catch(() => '[]')
    return parseKnownMembers(text).map(({ peer, addresses }) => ({ id: peer, addresses }))
  }

  /** Writes the first few where they are others than before. Never rejects: the next time brings another chance. */
  async save(members: readonly Member[]): Promise<void> {
    const text = JSON.stringify(
      members.slice(0, MAX_MEMBERS).map(({ peer, addresses }) => ({ peer: peerText(peer), addresses }))
    )
    if (members.length === 0 || text === this.#written) return
    this.#written = text
    try {
      await makeFolder(this.#home.path(FOLDER))
      await writeFileAtomic(pathOf(this.#home, this.#run), [Buffer.from(`${text}\n`)], { sync: false, mode: 0o600 })
    } catch {
      this.#written = ''
    }
  }
}

/** The members in a file's text; none when it is damaged. */
export function parseKnownMembers(text: string): z.infer<typeof file> {
  try {
    return file.safeParse(JSON.parse(text)).data ?? []
  } catch {
    return []
  }
}

/** Addresses of everybody whom this home has met in any run. */
export async function knownAddresses(home: Pick<Home, 'path'>): Promise<string[]> {
  const names = await readdir(home.path(FOLDER)).catch(() => [])
  const files = await Promise.all(names.map((name) => readFile(home.path(FOLDER, name), 'utf8').catch(() => '[]')))
  return files
    .flatMap(parseKnownMembers)
    .flatMap(({ peer, addresses }) =>
      addresses.map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peer}`))
    )
}

/** Forgets whom this peer met in a run. */
export async function removeKnownMembers(home: Pick<Home, 'path'>, run: string): Promise<void> {
  await rm(pathOf(home, run), { force: true })
}

function pathOf(home: Pick<Home, 'path'>, run: string): string {
  return home.path(FOLDER, `${run}.json`)
}
