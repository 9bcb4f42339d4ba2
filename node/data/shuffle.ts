import type { Random } from '../../protocols/averaging/index.ts'

/** The numbers from 0 to `count - 1` in random order (Fisher & Yates, as in Durstenfeld 1964). */
export function shuffledIndices(count: number, random: Random): number[] {
  const indices = Array.from({ length: count }, (_, index) => index)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const kept = indices[i]!
    indices[i] = indices[j]!
    indices[j] = kept
  }
  return indices
}
