import type { Random } from '../../protocols/averaging/index.ts'

/**
 * A random matrix whose shorter side's vectors are orthonormal, times `gain`; shape [rows, columns], row-major (Saxe et
 * al. 2014). Modified Gram-Schmidt on normal numbers. The layers API has its own, which needs methods on tensors that
 * only TensorFlow.js's union package adds.
 */
export function drawOrthogonal(rows: number, columns: number, gain: number, random: Random): Float32Array {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)]
  const vectors: Float64Array[] = []
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => drawNormal(random))
    for (const other of vectors) {
      const overlap = dot(vector, other)
      for (let i = 0; i < length; i++) vector[i]! -= overlap * other[i]!
    }
    const norm = Math.sqrt(dot(vector, vector))
    vectors.push(vector.map((value) => value / norm))
  }
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    return gain * (rows < columns ? vectors[row]![column]! : vectors[column]![row]!)
  })
}

/** Box & Muller 1958; 1 - u is never 0. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
