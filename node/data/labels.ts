/**
 * What rows are labelled with; shape [rows]. Class numbers of a classification, or, as float32, the numbers of a
 * regression by the schema's target: (label - centre) / scale.
 */
export type Labels = Int32Array | Float32Array

/** So many labels of the same kind, all zero. */
export function emptyLabels(like: Labels, count: number): Labels {
  return like instanceof Int32Array ? new Int32Array(count) : new Float32Array(count)
}
