import type { PinRequest } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'
import { type QuotaKeeper, type Reach, reachesFor } from '../pinning/index.ts'
import { type PinningApi, PinService, startPinningApi, Tokens } from '../pinning/service/index.ts'

export interface PinningServerInit {
  readonly peer: Peer
  readonly quota: QuotaKeeper
  readonly host: string
  readonly port: number
  /** Where clients' addresses may lead besides the public internet. */
  readonly allowOrigins: readonly Reach[]
  readonly onNotice: (message: string) => void
}

/** The pinning API of a running peer. */
export class PinningServer {
  readonly url: string
  readonly #api: PinningApi
  readonly #service: PinService
  readonly #tokens: Tokens
  readonly #reaches: ReadonlySet<Reach>

  private constructor(api: PinningApi, service: PinService, tokens: Tokens, reaches: ReadonlySet<Reach>) {
    this.url = api.url
    this.#api = api
    this.#service = service
    this.#tokens = tokens
    this.#reaches = reaches
  }

  /** Throws PinningApiListenError. */
  static async start(init: PinningServerInit): Promise<PinningServer> {
    const { peer, quota, host, port, allowOrigins, onNotice } = init
    const reaches = new Set([...reachesFor(host), ...allowOrigins])
    const tokens = new Tokens(peer.home.dir)
    const service = new PinService({ peer, quota, reaches, onNotice })
    const api = await startPinningApi({ service, tokens, host, port })
    await service.start()
    return new PinningServer(api, service, tokens, reaches)
  }

  get requests(): readonly PinRequest[] {
    return this.#service.requests
  }

  /** What the owner should know when it starts. */
  async greeting(): Promise<string[]> {
    const count = (await this.#tokens.list()).length
    const isOpen = !this.#reaches.has('loopback')
    return [
      `pinning API at ${this.url}, ${count === 0 ? 'no token yet: `starling tokens add NAME` makes one' : `tokens: ${count}`}`,
      `clients' own addresses are called where they are ${[...this.#reaches].join(', ')}`,
      ...(isOpen ? ['tokens cross the network as they are: put a server with TLS before it'] : [])
    ]
  }

  async close(): Promise<void> {
    await this.#api.close()
    await this.#service.stop()
  }
}
