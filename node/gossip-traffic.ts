/** Tags, lengths and the like around a topic and a record in a gossipsub RPC (protobuf). */
const FRAME_BYTES = 6

/**
 * Counts what gossip brings by topic, every copy of a record. Beacons come by the clock and from everybody, so what they
 * cost a round depends on how long a round takes and on how many there are: traffic is compared without them (issue 5).
 */
export class GossipTraffic {
  readonly #received = new Map<string, number>()

  /** A record has arrived, for the first time or again. */
  noteReceived(topic: string, recordBytes: number): void {
    this.#received.set(topic, this.receivedOn(topic) + FRAME_BYTES + topic.length + recordBytes)
  }

  /** Bytes received on a topic. */
  receivedOn(topic: string): number {
    return this.#received.get(topic) ?? 0
  }
}
