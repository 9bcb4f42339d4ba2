import type { OpenedModel } from '../run/open-model.ts'
import { UsageError } from './exit.ts'
import { withProgress } from './progress.ts'
import { readInvite } from './read-invite.ts'

/** What `predict` and `evaluate` take: an invite means the run's newest checkpoint, a CID one that a home holds. */
export async function openModel(
  argument: string,
  options: { readonly home: string; readonly json?: boolean },
  signal: AbortSignal
): Promise<OpenedModel> {
  const [{ fetchNewestModel, openLocalModel }, { CID }] = await Promise.all([
    import('../run/open-model.ts'),
    import('multiformats/cid')
  ])
  if (/^(starling|@|-$)/.test(argument)) {
    const invite = await readInvite(argument)
    const fetch = (say: (text: string) => void) => fetchNewestModel(invite, signal, say)
    return withProgress('asking the peers of the invite for the run', fetch, options)
  }
  let root: InstanceType<typeof CID>
  try {
    root = CID.parse(argument)
  } catch (cause) {
    throw new UsageError(`${argument.slice(0, 80)} is neither an invite nor the CID of a checkpoint`, { cause })
  }
  return openLocalModel(options.home, root)
}
