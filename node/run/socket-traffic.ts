import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

export interface Traffic {
  readonly sentBytes: number
  readonly receivedBytes: number
}

const CHANNELS = ['net.client.socket', 'net.server.socket'] as const

/**
 * Counts the bytes of every TCP socket that this process opens or accepts, handshakes and encryption included: what the
 * network really carried (DESIGN 7, events). Unix sockets (the control API) do not count.
 */
export class SocketTraffic {
  readonly #open = new Set<Socket>()
  #closedSent = 0
  #closedReceived = 0
  readonly #onSocket = (message: unknown) => this.#watch((message as { socket: Socket }).socket)

  start(): void {
    for (const channel of CHANNELS) subscribe(channel, this.#onSocket)
  }

  stop(): void {
    for (const channel of CHANNELS) unsubscribe(channel, this.#onSocket)
  }

  /** Totals since the start. */
  get totals(): Traffic {
    let sentBytes = this.#closedSent
    let receivedBytes = this.#closedReceived
    for (const socket of this.#open) {
      if (socket.remoteAddress === undefined) continue
      sentBytes += socket.bytesWritten
      receivedBytes += socket.bytesRead
    }
    return { sentBytes, receivedBytes }
  }

  #watch(socket: Socket): void {
    this.#open.add(socket)
    let isTcp = socket.remoteAddress !== undefined
    socket.once('connect', () => {
      isTcp = socket.remoteAddress !== undefined
    })
    socket.once('close', () => {
      this.#open.delete(socket)
      if (!isTcp) return
      this.#closedSent += socket.bytesWritten
      this.#closedReceived += socket.bytesRead
    })
  }
}
