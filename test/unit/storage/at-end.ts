import type { TestContext } from 'node:test'

const steps = new WeakMap<TestContext, (() => Promise<unknown>)[]>()

/** Does something when the test ends, last come first served: node:test's own `after` runs in the order of asking. */
export function atEnd(t: TestContext, step: () => Promise<unknown>): void {
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
