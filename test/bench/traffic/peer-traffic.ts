/** What one protocol, or one kind of message, has brought. */
export interface Received {
  readonly bytes: number
  /** Frames of yamux, or messages of gossip. */
  readonly items: number
}

/** What one peer has received from its start to the end of its run. */
export interface PeerTraffic {
  /** At the sockets. */
  readonly receivedBytes: number
  /** Multiplexed connections, whoever opened them. */
  readonly connections: number
  /** By protocol id: yamux frames of its streams, headers included; `yamux` for those of none. */
  readonly protocols: Readonly<Record<string, Received & { readonly streams: number }>>
  /** What gossipsub's streams carried: records by topic, control messages by kind. */
  readonly gossip: Readonly<Record<string, Received>>
}
