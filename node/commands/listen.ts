import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'

/** All interfaces, and a port that the system chooses. */
export const ANY_ADDRESS = '/ip4/0.0.0.0/tcp/0'

/** Port 0 replaced by one that is free now: invites name the port, so that it must be the same at every start. */
export async function withFixedPort(listen: string): Promise<string> {
  return listen.endsWith('/tcp/0') ? listen.replace(/0$/, String(await findFreePort())) : listen
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** `listen` with the port that the system chose, where it was left to it: `addresses` are those of the started peer. */
export function boundAddress(listen: string, addresses: readonly string[]): string {
  const port = addresses.map((address) => /\/tcp\/(\d+)/.exec(address)?.[1]).find((found) => found !== undefined)
  return listen.endsWith('/tcp/0') && port !== undefined ? listen.replace(/0$/, port) : listen
}

/** An invite names at most so many addresses. */
const MAX_ADDRESSES = 16

/** The addresses to name in an invite: those of this machine alone last, for others are of no use elsewhere. */
export function invitedAddresses(addresses: readonly string[]): string[] {
  const isLocal = (address: string) => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address)
  return [...addresses.filter((address) => !isLocal(address)), ...addresses.filter(isLocal)].slice(0, MAX_ADDRESSES)
}

/** Addresses under which others can reach a listener: a listener on all interfaces is named by each of them. */
export function reachableAddresses(listen: string, peerId: string): string[] {
  const [, family, host, ...rest] = listen.split('/')
  const isAny = host === '0.0.0.0' || host === '::'
  const hosts = isAny ? localHosts(family === 'ip6' ? 'IPv6' : 'IPv4') : [host]
  return hosts.map((name) => `/${[family, name, ...rest].join('/')}/p2p/${peerId}`)
}

function localHosts(family: 'IPv4' | 'IPv6'): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === family && !(family === 'IPv6' && entry.address.startsWith('fe80')))
    .map(({ address }) => address)
}
