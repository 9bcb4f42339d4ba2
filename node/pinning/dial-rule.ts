import { BlockList, isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'

/** Where addresses lead: the public internet, this machine, or a network that only some reach. */
export const REACHES = ['public', 'loopback', 'private'] as const
export type Reach = (typeof REACHES)[number]

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** IPv4 that is no public unicast: RFC 6890 and its register, multicast (RFC 5771), future use and broadcast. */
const NOT_PUBLIC_IPV4 = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3]
] as const)
  NOT_PUBLIC_IPV4.addSubnet(network, bits, 'ipv4')

/** IPv6 is public in 2000::/3 alone (RFC 4291), without what embeds IPv4 there (Teredo, 6to4) and documentation. */
const GLOBAL_IPV6 = new BlockList()
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6')
const NOT_PUBLIC_IPV6 = new BlockList()
NOT_PUBLIC_IPV6.addSubnet('2001::', 23, 'ipv6')
NOT_PUBLIC_IPV6.addSubnet('2001:db8::', 32, 'ipv6')
NOT_PUBLIC_IPV6.addSubnet('2002::', 16, 'ipv6')
NOT_PUBLIC_IPV6.addSubnet('3fff::', 20, 'ipv6')

/** Where an IP address leads; everything that is neither public nor this machine counts as private. */
export function reachOf(ip: string): Reach {
  const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(ip, family)) return 'loopback'
  if (family === 'ipv4') return isIP(ip) === 4 && !NOT_PUBLIC_IPV4.check(ip, family) ? 'public' : 'private'
  return GLOBAL_IPV6.check(ip, family) && !NOT_PUBLIC_IPV6.check(ip, family) ? 'public' : 'private'
}

/** What a stranger may have this peer call, at most: a handful answers as well as hundreds. */
const MAX_DIALLED = 8

/**
 * Of addresses that a stranger named, those that this peer may call: plain IP and TCP to a peer with an id, where the
 * rule lets it. Names are never looked up, for whoever owns the name decides where it leads, also into the network behind
 * this machine; relays are not asked, for they would call for us.
 */
export function mayDial(addresses: readonly string[], allowed: ReadonlySet<Reach>): string[] {
  return addresses.filter((address) => isAllowed(address, allowed)).slice(0, MAX_DIALLED)
}

function isAllowed(address: string, allowed: ReadonlySet<Reach>): boolean {
  try {
    const [ip, tcp, peer, ...rest] = multiaddr(address).getComponents()
    const isPlain = tcp?.name === 'tcp' && peer?.name === 'p2p' && rest.length === 0
    return isPlain && (ip?.name === 'ip4' || ip?.name === 'ip6') && allowed.has(reachOf(ip.value ?? ''))
  } catch {
    return false
  }
}

/** The rule for a service that listens on, or is at, a host: what is on this machine may lead to this machine. */
export function reachesFor(host: string): Set<Reach> {
  const bare = host.replace(/^\[|\]$/g, '')
  const reach = bare === 'localhost' ? 'loopback' : isIP(bare) === 0 || isAnyAddress(bare) ? 'public' : reachOf(bare)
  return new Set(['public', reach])
}

function isAnyAddress(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::'
}
