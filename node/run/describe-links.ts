import { systemClock } from '../../protocols/clock.ts'
import type { Link } from '../../protocols/links/index.ts'
import type { LinkStatus } from '../control/index.ts'

interface News {
  readonly heardAt: number | undefined
  readonly isAwaited: boolean
}

/** A run's links as the control socket tells them. */
export function describeLinks(
  links: ReadonlyMap<string, Link>,
  newsOf: (id: string) => News | undefined = () => undefined
): LinkStatus[] {
  const now = systemClock.now()
  return [...links.values()].map(({ id, rttMs, openedAt }) => {
    const { heardAt, isAwaited = false } = newsOf(id) ?? {}
    const heard = heardAt === undefined ? {} : { heardMs: Math.max(0, now - heardAt) }
    return { peer: id, rttMs, ageMs: now - openedAt, ...heard, isAwaited }
  })
}
