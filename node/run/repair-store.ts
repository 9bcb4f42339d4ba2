import { setTimeout as delay } from 'node:timers/promises'
import type { RepairReport } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'

/** Peers that have what is missing are found in the first seconds of a run, or later. */
const RETRY_MS = 10_000
const MAX_ATTEMPTS = 30

/** For one root; a block that nobody has is not waited for longer. */
const FETCH_MS = 20_000

export interface RepairStoreInit {
  readonly signal: AbortSignal
  readonly onNotice: (message: string) => void
}

/**
 * After an unclean stop: what the check at the start has removed, and something kept needs, is fetched again from peers as
 * they come. Tells the owner what was found and how it ends. Never rejects.
 */
export async function repairStore(
  { check, storage }: Pick<Peer, 'check' | 'storage'>,
  init: RepairStoreInit
): Promise<void> {
  const { signal, onNotice } = init
  if (check.dropped === 0) return
  const torn = `${check.dropped} blocks were torn by an unclean stop and are removed`
  let report: RepairReport | undefined
  for (let attempt = 0; attempt < MAX_ATTEMPTS && !signal.aborted; attempt++) {
    report = await storage.repair({ signal, timeoutMs: FETCH_MS }).catch(() => undefined)
    if (signal.aborted || report === undefined) return
    if (attempt === 0 && report.lost.length > 0)
      onNotice(`${torn}: ${report.lost.length} kept roots lack some, peers are asked`)
    if (report.lost.length === 0) {
      const again =
        attempt === 0 && report.fetched.length === 0
          ? 'nothing that is kept needs them'
          : 'all that is kept is whole again'
      return onNotice(`${torn}: ${again}`)
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {})
  }
  if (signal.aborted || report === undefined) return
  const names = report.lost.map(({ kept }) => `${kept.kind} ${kept.root}`)
  onNotice(
    `no peer gave what is missing of ${names.join(', ')}: \`starling doctor --check-store\` tries again, or unpin it`
  )
}
