/** One vector of a weighted sum. */
export interface Addend {
  /** Shape [n]. */
  readonly vector: Float32Array
  readonly factor: number
}

/**
 * `target += sum of factor * vector`, in place; all of shape [n].
 *
 * Four addends go into one pass: each pass reads and rounds `target` to float32 once. Measured with nine vectors of a
 * million parameters: one at a time 5.3 ms, two 4.0 ms, four 3.6 ms.
 */
export function addAll(target: Float32Array, addends: readonly Addend[]): void {
  let at = 0
  for (; at + 4 <= addends.length; at += 4) {
    addFour(target, addends[at]!, addends[at + 1]!, addends[at + 2]!, addends[at + 3]!)
  }
  for (; at + 2 <= addends.length; at += 2) addTwo(target, addends[at]!, addends[at + 1]!)
  if (at < addends.length) addOne(target, addends[at]!)
}

function addOne(target: Float32Array, { vector, factor }: Addend): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * vector[i]!
}

function addTwo(target: Float32Array, one: Addend, two: Addend): void {
  const { vector: a, factor: f } = one
  const { vector: b, factor: g } = two
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + f * a[i]! + g * b[i]!
}

function addFour(target: Float32Array, one: Addend, two: Addend, three: Addend, four: Addend): void {
  const { vector: a, factor: e } = one
  const { vector: b, factor: f } = two
  const { vector: c, factor: g } = three
  const { vector: d, factor: h } = four
  for (let i = 0; i < target.length; i++) {
    target[i] = target[i]! + (e * a[i]! + f * b[i]!) + (g * c[i]! + h * d[i]!)
  }
}
