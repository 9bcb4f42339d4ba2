import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Decoder } from './decoder.ts'
import { fuzz } from './fuzz.ts'

/** For `npm test`; the long run, `npm run fuzz`, takes fifty times as many and another seed each time. */
const INPUTS = 100_000
const SEED = 20_260

/** A cache or a page of code; a decoder that kept a tenth of its inputs would keep as much. */
const MAX_GROWTH_BYTES = 4 * 1024 * 1024

/** One test a decoder: it accepts some of the inputs, refuses the others as it may, and keeps nothing of them. */
export function itContains(decoder: Decoder): void {
  const inputs = Math.ceil(INPUTS / (decoder.cost ?? 1))
  it(`${decoder.name}: ${inputs} mutated inputs are read or refused, and none is kept`, async () => {
    const { failure, accepted, memory, ...report } = await fuzz(decoder, { inputs, seed: SEED })
    assert.equal(failure, undefined, `seed ${SEED}, path ${failure?.path}: ${failure?.error}\n${failure?.inputHex}`)
    assert.equal(report.inputs, inputs)
    // A decoder that refuses everything was never tried behind its first check, one that takes everything has none.
    assert.ok(accepted > 0, `none accepted: ${JSON.stringify(report.refused)}`)
    assert.ok(memory.after - memory.before < MAX_GROWTH_BYTES, `${memory.after - memory.before} bytes kept`)
  })
}
