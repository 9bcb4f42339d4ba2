import type { Dataset } from '../../../../node/data/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'

/** Rows around one seeded centre a class, close enough to overlap a little; labels go round. */
export function blobs(count: number, featureCount: number, classes: number, seed: number): Dataset {
  const centres = createRandom(1).fork('centres')
  const noise = createRandom(seed).fork('noise')
  const centre = Float32Array.from({ length: classes * featureCount }, () => 4 * centres.next() - 2)
  const labels = Int32Array.from({ length: count }, (_, row) => row % classes)
  const features = Float32Array.from({ length: count * featureCount }, (_, i) => {
    const label = labels[Math.floor(i / featureCount)]!
    return centre[label * featureCount + (i % featureCount)]! + 3 * noise.next() - 1.5
  })
  return { features, labels, count, featureCount }
}
