import type { Invite } from '../../protocols/envelope/index.ts'
import { readInvite } from './read-invite.ts'

/**
 * The runs that words name, each by an invite, `@FILE`, `-`, or its id where the home was in it before; none twice. Throws
 * InviteError, UsageError.
 */
export async function readRuns(words: readonly string[], home: string): Promise<Invite[]> {
  const { CID } = await import('multiformats/cid')
  const runs = new Map<string, Invite>()
  for (const word of words) {
    const invite = (await knownRun(word, home)) ?? (await readInvite(word, { home }))
    const id = CID.decode(invite.run).toString()
    if (!runs.has(id)) runs.set(id, invite)
  }
  return [...runs.values()]
}

/** A run that the home remembers, by its id: its members are found as at every start. */
async function knownRun(word: string, home: string): Promise<Invite | undefined> {
  const [{ CONFIG_FILE, readConfigFile }, { CID }, { join }] = await Promise.all([
    import('../config.ts'),
    import('multiformats/cid'),
    import('node:path')
  ])
  const { remembered } = await readConfigFile(join(home, CONFIG_FILE))
  const network = remembered.networks?.[word]
  return network === undefined ? undefined : { v: 1, run: CID.parse(word).bytes, network, addresses: [] }
}
