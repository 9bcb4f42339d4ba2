import { createHash } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { INCARNATION_BYTES } from '../../storage/index.ts'

/** The key of one peer of a simulation: the same for the same seed, and worth nothing outside. */
export function keyOf(seed: number, peer: number): Promise<PrivateKey> {
  return generateKeyPairFromSeed('Ed25519', digest(`starling simulate key ${seed} ${peer}`))
}

/** Name of one start of one peer: like real ones they sort by the time of the start, `now` in milliseconds since 1970. */
export function incarnationOf(seed: number, peer: number, now: number): Uint8Array {
  const incarnation = digest(`starling simulate incarnation ${seed} ${peer} ${now}`).slice(0, INCARNATION_BYTES)
  new DataView(incarnation.buffer).setBigUint64(0, BigInt(Math.floor(now)))
  return incarnation
}

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}
