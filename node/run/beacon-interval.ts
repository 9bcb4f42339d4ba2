/** After its start a peer meets its first neighbours and the gossip mesh forms: a beacon before would reach nobody. */
export const MEETING_MS = 1500

/** At most one beacon a peer in this time (DESIGN 4). */
const INTERVAL_MS = 10_000

/** Of more members than these, all together send no more than these do. */
const MEMBERS_IN_AN_INTERVAL = 8

/**
 * Time from one beacon of a peer, one of so many members, to its next. Everybody hears of everybody, several times over,
 * and offers what it heard to others: at one in ten seconds from every peer, 32 on two busy cores received 26 kB of
 * beacons a round, 2 kB of frames around them and 1 kB of offers, beside 13 kB over links. Handshakes name members
 * too, and peers dial: nobody's search for neighbours waits for a beacon.
 */
export function beaconIntervalMs(members: number): number {
  return INTERVAL_MS * Math.max(1, members / MEMBERS_IN_AN_INTERVAL)
}

/**
 * How long a peer waits with its first beacon once it has met others: not at all in a small run; in a large one, where its
 * neighbours name it already and many may start together, a part of the interval, which `draw` on [0, 1) decides.
 */
export function firstBeaconMs(members: number, draw: number): number {
  return members <= MEMBERS_IN_AN_INTERVAL ? 0 : draw * beaconIntervalMs(members)
}
