import type { RemotePin, RemoteService } from '../pinning/remote/index.ts'
import { ExitError, INTERRUPTED, interruptSignal, UsageError } from './exit.ts'
import { createLog } from './log.ts'
import { openPeer } from './open-peer.ts'
import { reachHome } from './reach-home.ts'

interface RemoteOptions {
  readonly home: string
  readonly config?: string
  readonly json?: boolean
  readonly service: string
  readonly name?: string
  readonly background?: boolean
  readonly status?: boolean
}

/** A peer that has what is to be pinned: the one that runs in the home, or one that is started for it. */
interface Origin {
  readonly addresses: readonly string[]
  connect(addresses: readonly string[]): Promise<void>
}

/** `starling pin --service`: has a service keep a CID, or lists what it keeps. */
export async function pinAt(root: string | undefined, options: RemoteOptions): Promise<void> {
  const { RemoteService } = await import('../pinning/remote/index.ts')
  const located = await locate(options)
  const service = new RemoteService(located)
  if (options.status === true) return print(options, await service.list(root))
  if (root === undefined) throw new UsageError('name the CID to keep, or ask with --status what the service keeps')
  const { parseCid } = await import('../run/parse-cid.ts')
  const cid = parseCid(root).toString()
  const { signal, dispose } = interruptSignal()
  try {
    const pin = await withOrigin(options, (origin) => request(service, located.endpoint, cid, origin, options, signal))
    print(options, [pin])
    if (pin.status === 'failed') throw new ExitError(1)
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

/** `starling unpin --service`: has a service let all its requests for a CID go. */
export async function unpinAt(root: string, options: RemoteOptions): Promise<void> {
  const { RemoteService } = await import('../pinning/remote/index.ts')
  const service = new RemoteService(await locate(options))
  const found = await service.list(root)
  if (found.length === 0)
    throw new Error(`service ${options.service} does not keep ${root}: see \`starling pin --status\``)
  for (const { id } of found) await service.remove(id)
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ removed: root })}\n` : `no longer kept at ${options.service}: ${root}\n`
  )
}

async function request(
  service: RemoteService,
  endpoint: string,
  cid: string,
  origin: Origin,
  { name, background, service: at }: RemoteOptions,
  signal: AbortSignal
): Promise<RemotePin> {
  const { mayDial, reachesFor } = await import('../pinning/index.ts')
  const pin = await service.add({ cid, origins: origin.addresses, ...(name === undefined ? {} : { name }) })
  // The service is trusted with a copy, not with aiming us at hosts behind this machine.
  await origin.connect(mayDial(pin.delegates, reachesFor(new URL(endpoint).hostname)))
  if (background === true) return pin
  return service.settled(pin.id, ({ status }) => process.stderr.write(`${cid} is ${status} at ${at}\n`), signal)
}

async function locate({ home, config, service: name }: RemoteOptions) {
  const { resolveService } = await import('../config.ts')
  return { name, ...(await resolveService(name, { home, ...(config === undefined ? {} : { file: config }) })) }
}

function withOrigin<T>({ home }: RemoteOptions, work: (origin: Origin) => Promise<T>): Promise<T> {
  return reachHome({
    running: async () => {
      const { callControl } = await import('../control/control-client.ts')
      const { addresses } = (await callControl(home, 'GET', '/status')) as { addresses: string[] }
      const connect = async (to: readonly string[]) => void (await callControl(home, 'POST', '/connections', to))
      return work({ addresses, connect })
    },
    alone: async () => {
      const [{ openHome }, { callAll }] = await Promise.all([
        import('../../storage/index.ts'),
        import('../run/call-all.ts')
      ])
      await (await openHome(home)).close()
      const log = await createLog('pin', 'warn')
      const peer = await openPeer({ home, log })
      try {
        const addresses = peer.libp2p.getMultiaddrs().map(String)
        return await work({ addresses, connect: (to) => callAll(peer.libp2p, to) })
      } finally {
        await peer.stop()
        log.close()
      }
    }
  })
}

function print({ json }: RemoteOptions, pins: readonly RemotePin[]): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(pins)}\n`)
    return
  }
  for (const { cid, status, name, createdAt, details } of pins) {
    const called = name === undefined ? '' : ` "${name}"`
    const why = details === undefined ? '' : `: ${details}`
    process.stdout.write(`${cid}  ${status.padEnd(7)}${called} since ${new Date(createdAt).toISOString()}${why}\n`)
  }
}
