import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'

/** All interfaces, and a port that the system chooses. */
export const ANY_ADDRESS = '/ip4/0.0.0.0/tcp/0'

/** Port 0 replaced by one that is free now: invites name the port, so that it must be the same at every start. */
export async function withFixedPort(listen: string): Promise<string> {
  return listen.endsWith('/tcp/0') ? listen.replace(/0$/, String(await findLastingPort())) : listen
}

/** Ports that a peer picks from, both inclusive: above those of well-known services, below Kubernetes' node ports. */
const PICKED_PORTS = { first: 10_000, last: 29_999 }

/** As Linux sets it, where it cannot be read. */
const USUAL_EPHEMERAL_PORTS = { first: 32_768, last: 60_999 }

const TRIES = 100

/**
 * A port that is free now, and that the system does not lend to an outgoing connection of some other program while
 * the peer is stopped: one of those would keep the peer from starting again.
 */
async function findLastingPort(): Promise<number> {
  const lent = await ephemeralPorts()
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(PICKED_PORTS.first, PICKED_PORTS.last + 1)
    if ((port < lent.first || port > lent.last) && (await listensOn(port)) !== undefined) return port
  }
  const port = await listensOn(0)
  if (port === undefined) throw new Error('found no free port to listen on: choose one with --listen')
  return port
}

/** The ports that the system lends to outgoing connections (ip(7), `ip_local_port_range`). */
async function ephemeralPorts(): Promise<{ first: number; last: number }> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  const [first, last] = text.trim().split(/\s+/).map(Number)
  return first === undefined || last === undefined ? USUAL_EPHEMERAL_PORTS : { first, last }
}

/** The port that a listener got and gave back; undefined if there was none to get. */
function listensOn(asked: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(asked, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
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
