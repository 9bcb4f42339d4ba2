import { equals } from 'uint8arrays/equals'
import type { Invite } from '../../protocols/envelope/index.ts'
import { fingerprintText } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'

/** The invited run's peers are in a private network, and this peer is not. */
export class SwarmKeyNeededError extends Error {
  override readonly name = 'SwarmKeyNeededError'
  readonly code = 'ERR_SWARM_KEY_NEEDED'

  constructor(needed: string, has: string | undefined, home: string) {
    const own = has === undefined ? 'this home has none' : `this home has ${has}`
    super(
      `the run's peers are in a private network with the swarm key ${needed}, ${own}: get the file from whoever invited ` +
        `you, then \`starling init --home ${home} --swarm-key FILE\`${has === undefined ? '' : ', with a new home'}`
    )
  }
}

/** Whoever has another key than the invited peers would only hear that nobody answers. Throws SwarmKeyNeededError. */
export function requireSwarmKey({ swarmKey: own, home }: Pick<Peer, 'swarmKey' | 'home'>, { swarmKey }: Invite): void {
  if (swarmKey === undefined || (own !== undefined && equals(own.fingerprint, swarmKey))) return
  const has = own === undefined ? undefined : fingerprintText(own.fingerprint)
  throw new SwarmKeyNeededError(fingerprintText(swarmKey), has, home.dir)
}
