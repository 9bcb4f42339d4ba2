import type { Owner } from './integration/temporary-folder.ts'

const steps = new WeakMap<Owner, (() => Promise<unknown>)[]>()

/**
 * Does something when the test ends, last come first served: node:test's own `after` runs in the order of asking, and a
 * folder cannot be removed while a peer still writes to it. The peer of a test that failed outlived it then.
 */
export function atEnd(t: Owner, step: () => Promise<unknown>): void {
  const known = steps.get(t)
  if (known !== undefined) {
    known.push(step)
    return
  }
  const list = [step]
  steps.set(t, list)
  t.after(async () => {
    for (const last of list.toReversed()) await last()
  })
}
