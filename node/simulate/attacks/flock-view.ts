import { meanOf } from '../../../protocols/averaging/index.ts'
import type { Attacker } from '../attack.ts'

/** What an attacker knows when it speaks: more than a real one could, all public copies at that moment. Shapes [n]. */
export interface FlockView {
  /** What it would have published if it were honest. */
  readonly own: Float32Array
  /** The same one round ago. */
  readonly ownBefore: Float32Array
  /** What it has published last. */
  readonly said: Float32Array
  /** Public copies of all honest peers. */
  readonly honest: readonly Float32Array[]
  /** Of those among them that the attacker is linked with. */
  readonly neighbours: readonly Float32Array[]
  /** Mean of the honest copies now, and one round ago. */
  readonly mean: Float32Array
  readonly meanBefore: Float32Array
}

export async function viewFlock(
  { everybody }: Attacker,
  {
    own,
    said,
    neighbours,
    before
  }: Pick<FlockView, 'own' | 'said'> & {
    /** Names of those that the attacker is linked with. */
    readonly neighbours: ReadonlySet<string>
    readonly before: FlockView | undefined
  }
): Promise<FlockView> {
  const peers = everybody().flatMap(({ isHonest, peer }) => (isHonest ? peer : []))
  const honest = await Promise.all(peers.map(async ({ vectors }) => parametersOf((await vectors.ownCopy()).copy)))
  const mean = meanOf(honest)
  return {
    own,
    ownBefore: before?.own ?? said.slice(),
    said,
    honest,
    neighbours: honest.filter((_, i) => neighbours.has(peers[i]!.id)),
    mean,
    meanBefore: before?.mean ?? said.slice()
  }
}

/** Reads a copy as peers hand it out: little-endian float32. */
export function parametersOf(copy: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(copy.slice().buffer)
}
