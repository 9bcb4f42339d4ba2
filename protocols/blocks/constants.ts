export const BLOCKS_PROTOCOL = '/starling/blocks/1.0.0'

/** Streams of this protocol in one direction of a connection: one for each DAG that is being fetched, and a few more. */
export const MAX_STREAMS = 8

/** A CID of version 1 with a hash of 64 bytes takes 72. */
export const MAX_CID_BYTES = 128

/** The largest block that bitswap carries between Kubo peers (https://specs.ipfs.tech/bitswap-protocol/#block-sizes). */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024

/**
 * Requests on their way in one stream: with blocks of 1 MiB they hide a round trip of 100 ms at 640 Mbit/s, or ten
 * milliseconds in which a busy machine does something else. Answers are taken off the stream as they come, and wait for
 * nothing there.
 */
export const WINDOW = 8

/** A holder that sends nothing for so long while it is asked for something is given up. */
export const SILENCE_MS = 10_000
