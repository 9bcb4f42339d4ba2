/** The names that may have been meant by `wanted`, nearest first: at most a third of its letters differ, case apart. */
export function namesNear(wanted: string, names: readonly string[]): string[] {
  const target = wanted.toLowerCase()
  const reach = Math.max(1, Math.floor(target.length / 3))
  return names
    .map((name) => ({ name, distance: editDistance(target, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
}

/** Insertions, deletions and substitutions from one text to the other (Levenshtein 1966), one row at a time. */
export function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const substituted = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, above[j]! + 1, row[j - 1]! + 1))
    }
    above = row
  }
  return above[to.length]!
}
