/** As many as the digits have classes: with fewer, peers are hardly unlike, with more, bins of small files are empty. */
const BINS = 10

/**
 * Which tenth of the values each one lies in, 0 to 9, so that numbers can be dealt out as classes are. Equal values lie
 * in the same bin; with many of those, other bins are empty.
 */
export function quantileBins(values: ArrayLike<number>): { readonly bins: Int32Array; readonly count: number } {
  const sorted = Float64Array.from(values).sort()
  const edges = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)]!)
  const bins = Int32Array.from(values, (value) => edges.filter((edge) => value >= edge).length)
  return { bins, count: BINS }
}
