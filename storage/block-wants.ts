import { setTimeout as delay } from 'node:timers/promises'
import type { BlockBrokerReceiveBlockProgressEvent, Helia } from '@helia/interface'
import { peerIdFromCID } from '@libp2p/peer-id'
import type { CID } from 'multiformats/cid'
import { blockKey } from './block-key.ts'
import type { PutBlockOptions } from './blocks.ts'
import { collect } from './collect.ts'

/** A block that no caller wants any more may still come for so long, and is stored then. */
const PARTED_MS = 5000

/** A want that was given up stays on Bitswap's list until it next speaks to its peers, which it does within 10 ms. */
const CANCELLED_MS = 100

/** What is fetched can be fetched again: whoever keeps it flushes it (Pins). */
export const UNSYNCED: PutBlockOptions = { sync: false }

/** Bitswap's event for a block that came. */
const RECEIVED = 'helia:block-broker:receive-block'

export interface WantOptions {
  readonly signal: AbortSignal
  /** Hears which peer, by its id, had the block, unless another caller was waiting for it already. */
  readonly onSender?: (peer: string) => void
}

interface Want {
  readonly reading: Promise<Uint8Array>
  readonly stop: AbortController
  callers: number
}

/**
 * Blocks that all connected peers are asked for, each in one want at a time, however many wait for it and whenever they
 * part. Two wants for a block do not go together in @helia/bitswap 4: one that is made while the block of another is on
 * its way to the disk joins a list entry that is cancelled already, and is never sent; one that is made after another was
 * given up asks a peer that has just sent the block, and sends none twice within five seconds. Neither is ever answered.
 */
export class BlockWants {
  readonly #helia: Helia
  readonly #wants = new Map<string, Want>()

  constructor(helia: Helia) {
    this.#helia = helia
  }

  /** Helia checks what peers send. Throws the signal's reason, and what Helia throws. */
  async read(cid: CID, { signal, onSender }: WantOptions): Promise<Uint8Array> {
    signal.throwIfAborted()
    const { promise: parted, reject } = Promise.withResolvers<never>()
    const part = () => reject(signal.reason)
    signal.addEventListener('abort', part, { once: true })
    const want = this.#wantOf(cid, onSender)
    want.callers += 1
    try {
      return await Promise.race([want.reading, parted])
    } finally {
      signal.removeEventListener('abort', part)
      want.callers -= 1
      if (want.callers === 0) setTimeout(() => want.callers === 0 && want.stop.abort(), PARTED_MS).unref()
    }
  }

  #wantOf(cid: CID, onSender: WantOptions['onSender']): Want {
    const key = blockKey(cid)
    const known = this.#wants.get(key)
    if (known !== undefined && !known.stop.signal.aborted) return known
    const stop = new AbortController()
    const want = { reading: this.#read(cid, stop.signal, onSender, known?.reading), stop, callers: 0 }
    this.#wants.set(key, want)
    const forget = () => this.#wants.get(key) === want && this.#wants.delete(key)
    want.reading.then(forget, forget) // Nobody may be waiting for it any more.
    return want
  }

  async #read(
    cid: CID,
    signal: AbortSignal,
    onSender: WantOptions['onSender'],
    before: Promise<unknown> | undefined
  ): Promise<Uint8Array> {
    await before?.catch(() => {})
    const onProgress = ({ type, detail }: { readonly type: string; readonly detail: unknown }) => {
      if (type !== RECEIVED) return
      onSender?.(peerIdFromCID((detail as BlockBrokerReceiveBlockProgressEvent).provider).toString())
    }
    try {
      return await collect(this.#helia.blockstore.get(cid, Object.assign({ signal, onProgress }, UNSYNCED)))
    } finally {
      if (signal.aborted) await delay(CANCELLED_MS, undefined, { ref: false })
    }
  }
}
