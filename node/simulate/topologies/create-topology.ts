import type { Random } from '../../../protocols/averaging/index.ts'
import { baseGraph } from './base.ts'
import { complete } from './complete.ts'
import { TopologySizeError, TopologySpecError } from './errors.ts'
import { onePeerExponential } from './exponential.ts'
import { drawGroups } from './groups.ts'
import type { Links } from './links.ts'
import { path } from './path.ts'
import { drawPushes } from './pushes.ts'
import { drawConnectedRegular, drawRegular } from './regular.ts'
import { ring } from './ring.ts'
import { changingTopology, staticTopology, type Topology } from './topology.ts'
import { meanMixing, metropolisMixing } from './weights.ts'

/** Links in both directions that are held at most, 12 bytes each: a complete graph of 5 792 peers. */
const MAX_LINKS = 2 ** 25

interface Kind {
  /** Whether a number follows the name, as in `regular:6`. */
  readonly takesNumber: boolean
  readonly fewestPeers: (number: number) => number
  readonly linksOfPeer: (peers: number, number: number) => number
  /** Why it cannot be built although there are peers enough. */
  readonly fault?: (peers: number, number: number) => string | undefined
  readonly create: (peers: number, number: number, random: Random) => Topology
}

const fixed = (draw: (peers: number, number: number, random: Random) => Links) => {
  return (peers: number, number: number, random: Random) =>
    staticTopology(metropolisMixing(draw(peers, number, random.fork('graph'))))
}

const drawn = (draw: (peers: number, number: number, random: Random) => Links) => {
  return (peers: number, number: number, random: Random) =>
    changingTopology((round) => meanMixing(draw(peers, number, random.fork(round))))
}

const ofRegular = {
  takesNumber: true,
  fewestPeers: (links: number) => links + 1,
  linksOfPeer: (_: number, links: number) => links
}

const isOdd = (peers: number, links: number) =>
  (peers * links) % 2 === 1 ? 'an odd number of peers cannot have an odd number of links each' : undefined

const KINDS: Readonly<Record<string, Kind>> = {
  regular: {
    ...ofRegular,
    fault: (peers, links) =>
      links === 1 && peers > 2 ? 'peers with one link each do not hang together' : isOdd(peers, links),
    create: fixed(drawConnectedRegular)
  },
  ring: { takesNumber: false, fewestPeers: () => 3, linksOfPeer: () => 2, create: fixed(ring) },
  path: { takesNumber: false, fewestPeers: () => 2, linksOfPeer: () => 2, create: fixed(path) },
  complete: { takesNumber: false, fewestPeers: () => 2, linksOfPeer: (peers) => peers - 1, create: fixed(complete) },
  exponential: {
    takesNumber: false,
    fewestPeers: () => 2,
    linksOfPeer: () => 1,
    create: (peers) => changingTopology((round) => meanMixing(onePeerExponential(peers, round)))
  },
  matching: {
    takesNumber: false,
    fewestPeers: () => 2,
    linksOfPeer: () => 1,
    create: drawn((peers, _, random) => drawGroups(peers, 2, random))
  },
  groups: {
    takesNumber: true,
    fewestPeers: () => 2,
    linksOfPeer: (peers, size) => Math.min(peers, size) - 1,
    create: drawn(drawGroups)
  },
  base: {
    takesNumber: true,
    fewestPeers: () => 2,
    linksOfPeer: (peers, base) => Math.min(peers, base) - 1,
    fault: (_, base) => (base < 2 ? 'a base is at least 2' : undefined),
    create: (peers, base) => changingTopology(baseGraph(peers, base))
  },
  'el-oracle': { ...ofRegular, fault: isOdd, create: drawn(drawRegular) },
  'el-local': { ...ofRegular, create: drawn(drawPushes) }
}

/**
 * The topology that `spec` names, for so many peers. `random` decides what is drawn. Throws TopologySpecError for a name
 * that is none, TopologySizeError where it does not exist for so many peers or is too large to hold.
 */
export function createTopology(spec: string, peers: number, random: Random): Topology {
  const [name = '', digits] = spec.split(':', 2)
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (kind === undefined) throw new TopologySpecError(spec, `there is no ${JSON.stringify(name)}`)
  const number = readNumber(spec, kind, digits)
  const fewest = kind.fewestPeers(number)
  if (peers < fewest) throw new TopologySizeError(spec, peers, `it needs at least ${fewest} peers`)
  const fault = kind.fault?.(peers, number)
  if (fault !== undefined) throw new TopologySizeError(spec, peers, fault)
  const links = peers * kind.linksOfPeer(peers, number)
  if (links > MAX_LINKS)
    throw new TopologySizeError(spec, peers, `that is ${links} links, at most ${MAX_LINKS} are held`)
  return kind.create(peers, number, random)
}

function readNumber(spec: string, kind: Kind, digits: string | undefined): number {
  if (!kind.takesNumber) {
    if (digits !== undefined) throw new TopologySpecError(spec, 'it takes no number')
    return 0
  }
  if (digits === undefined || !/^[1-9]\d{0,8}$/.test(digits)) throw new TopologySpecError(spec, 'a number is missing')
  return Number(digits)
}
