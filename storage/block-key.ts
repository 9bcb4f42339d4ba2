import { base32upper } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'
import { type Digest, decode } from 'multiformats/hashes/digest'

/** End of a block file's name in blockstore-fs. */
export const BLOCK_EXTENSION = '.data'

/** What identifies a block on disk: its multihash, so a block is stored once whatever codec it is read with. */
export function blockKey(cid: CID): string {
  return base32upper.encode(cid.multihash.bytes)
}

/** The key in a block file's name; undefined for a file that is none. */
export function keyOfFile(name: string): string | undefined {
  return name.endsWith(BLOCK_EXTENSION) ? name.slice(0, -BLOCK_EXTENSION.length) : undefined
}

/** The multihash of a key; undefined when it is none. */
export function digestOfKey(key: string): Digest<number, number> | undefined {
  try {
    return decode(base32upper.decode(key))
  } catch {
    return
  }
}
