import type { OpenedModel } from '../run/open-model.ts'
import { UsageError } from './exit.ts'
import { readInvite } from './read-invite.ts'

/** What `predict` and `evaluate` take: an invite means the run's newest checkpoint, a CID one that a home holds. */
export async function openModel(argument: string, home: string, signal: AbortSignal): Promise<OpenedModel> {
  const [{ fetchNewestModel, openLocalModel }, { CID }] = await Promise.all([
    import('../run/open-model.ts'),
    import('multiformats/cid')
  ])
  if (/^(starling|@|-$)/.test(argument)) return fetchNewestModel(await readInvite(argument), signal)
  let root: InstanceType<typeof CID>
  try {
    root = CID.parse(argument)
  } catch (cause) {
    throw new UsageError(`${argument.slice(0, 80)} is neither an invite nor the CID of a checkpoint`, { cause })
  }
  return openLocalModel(home, root)
}
