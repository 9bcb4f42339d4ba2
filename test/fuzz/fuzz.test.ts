/** The fuzz run itself: it must see what it is there for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import { type Decoder, inputOf } from './decoder.ts'
import { allDecoders } from './decoders.ts'
import { fuzz } from './fuzz.ts'

class Refused extends Error {}

const SAMPLE = dagCbor.encode({ v: 1, list: [1, 2, 3], text: 'seven', bytes: new Uint8Array(20) })

function decoderOf(decode: (bytes: Uint8Array) => unknown): Decoder {
  return { name: 'test', shape: 'cbor', samples: [SAMPLE], throws: [Refused], decode }
}

/** Refuses what is not CBOR. */
function careful(bytes: Uint8Array): unknown {
  try {
    return dagCbor.decode(bytes)
  } catch {
    throw new Refused()
  }
}

describe('the fuzz run', () => {
  it('passes a careful decoder, and counts what it did', async () => {
    const { failure, accepted, refused, inputs } = await fuzz(decoderOf(careful), { inputs: 2000, seed: 1 })
    assert.equal(failure, undefined)
    assert.equal(inputs, 2000)
    assert.ok(accepted > 100 && refused.damaged! > 100 && accepted + refused.damaged! === 2000)
  })

  it('catches a decoder that throws another error, and finds the input again by seed and path', async () => {
    const careless = decoderOf(dagCbor.decode)
    const { failure } = await fuzz(careless, { inputs: 2000, seed: 1 })
    assert.ok(failure !== undefined)
    assert.match(failure.error, /CBOR/)
    const again = await fuzz(careless, { inputs: 1, seed: 1, path: failure.path })
    assert.equal(again.failure?.inputHex, failure.inputHex)
    assert.throws(() => dagCbor.decode(Buffer.from(failure.inputHex, 'hex')))
    assert.equal(failure.program.length, 2, 'not brought down to one mutation')
  })

  it('catches a rejected promise, a failed check and an allocation out of proportion', async () => {
    const rejecting = decoderOf(async (bytes) => dagCbor.decode(bytes))
    assert.match((await fuzz(rejecting, { inputs: 500, seed: 1 })).failure!.error, /CBOR/)
    const inconsistent: Decoder = {
      ...decoderOf(careful),
      check: ({ v }: { v: number }) => assert.equal(v, 1)
    }
    assert.match((await fuzz(inconsistent, { inputs: 2000, seed: 1 })).failure!.error, /strictly equal/)
    const greedy = decoderOf((bytes) => (bytes.length === SAMPLE.length ? 1 : new Uint8Array(2 ** 26)))
    assert.match((await fuzz(greedy, { inputs: 500, seed: 1 })).failure!.error, /bytes were allocated/)
  })

  it('sees memory that is kept', async () => {
    const kept: Uint8Array[] = []
    const hoarding = decoderOf((bytes) => kept.push(new Uint8Array(2000).fill(bytes.length)))
    const { memory } = await fuzz(hoarding, { inputs: 5000, seed: 1 })
    assert.ok(memory.after - memory.before > 4 * 1024 * 1024, String(memory.after - memory.before))
  })

  it('has one name for each decoder, samples that it accepts, and leaves them whole', async () => {
    const decoders = await allDecoders()
    assert.equal(new Set(decoders.map(({ name }) => name)).size, decoders.length)
    for (const decoder of decoders) {
      for (const [index] of decoder.samples.entries()) {
        const bytes = inputOf(decoder, [index])
        const before = Buffer.from(bytes)
        for (let seed = 0; seed < 200; seed++) inputOf(decoder, [index, seed, seed + 1])
        assert.deepEqual(Buffer.from(inputOf(decoder, [index])), before, decoder.name)
        await decoder.decode(bytes)
      }
    }
  })
})
