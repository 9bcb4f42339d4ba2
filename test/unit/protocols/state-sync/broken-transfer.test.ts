import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { type SignedCopy, StateService, type StateServiceInit } from '../../../../protocols/state-sync/index.ts'
import { filled, run } from '../envelope/samples.ts'
import { connectedNodes } from '../links/loopback-node.ts'

const PROTOCOL = '/starling/test/state/1.0.0'

/** 2.4 MB: ten frames of bulk. */
const PARAMETERS = 600_000
const FRAME_BYTES = 256 * 1024

const older: SignedCopy = { header: filled(900, 1), copy: new Uint8Array(4 * PARAMETERS).map((_, i) => (i * 7) % 253) }
const newer: SignedCopy = { header: filled(900, 2), copy: new Uint8Array(4 * PARAMETERS).map((_, i) => (i * 11) % 251) }

interface Transfers {
  readonly service: StateService
  readonly callee: string
  /** Bytes of bulk that the callee has written, a number for each answer. */
  readonly written: readonly number[]
  /** The copy that the callee has from now on. */
  publish(copy: SignedCopy): void
}

/** A callee whose first answer breaks off after `frames` frames. */
async function breakingAfter(
  t: TestContext,
  frames: number,
  changes: Partial<StateServiceInit> = {}
): Promise<Transfers> {
  const [caller, callee] = await connectedNodes(t)
  const written: number[] = []
  let current = older
  const init = { protocol: PROTOCOL, run, parameterCount: PARAMETERS, newestCheckpoint: () => undefined }
  const serving = new StateService({
    ...init,
    libp2p: callee,
    copyOf: async () => {
      written.push(0)
      return current
    },
    bulkTurn: async (bytes) => {
      if (written.length === 1 && written[0]! >= frames * FRAME_BYTES) throw new Error('the line is cut')
      written.push(written.pop()! + bytes)
    },
    ...changes
  })
  await serving.start()
  const service = new StateService({ ...init, libp2p: caller, copyOf: async () => undefined, ...changes })
  return {
    service,
    callee: callee.peerId.toString(),
    written,
    publish: (copy) => {
      written.push(0)
      current = copy
    }
  }
}

suite('a transfer of a copy that breaks', () => {
  test('goes on where it broke, although the author has published since', async (t) => {
    const received: number[] = []
    const onProgress = (_: string, at: number) => received.push(at)
    const { service, callee, written, publish } = await breakingAfter(t, 6, { onProgress })
    await assert.rejects(service.fetchCopy(callee))
    const before = received.at(-1)!
    assert.ok(before > 0 && before <= 6 * FRAME_BYTES, `${before} bytes were here`)
    publish(newer)
    const { header, copy } = await service.fetchCopy(callee)
    assert.deepEqual(Buffer.from(header), Buffer.from(older.header))
    assert.ok(Buffer.from(copy).equals(older.copy))
    assert.equal(written.at(-1), older.copy.byteLength - before, 'what was here is not sent again')
    assert.deepEqual(
      received,
      received.toSorted((a, b) => a - b),
      'progress never goes back'
    )
    const next = await service.fetchCopy(callee)
    assert.ok(Buffer.from(next.copy).equals(newer.copy), 'and the next one is the newest')
  })

  test('control: begins anew with another peer, which sends everything', async (t) => {
    const broken = await breakingAfter(t, 6)
    await assert.rejects(broken.service.fetchCopy(broken.callee))
    const whole = await breakingAfter(t, 100)
    const { copy } = await whole.service.fetchCopy(whole.callee)
    assert.ok(Buffer.from(copy).equals(older.copy))
    assert.equal(whole.written.at(-1), older.copy.byteLength)
  })

  test('begins anew with the newest copy where nothing of the old one is left', async (t) => {
    const { service, callee, written, publish } = await breakingAfter(t, 0)
    await assert.rejects(service.fetchCopy(callee))
    publish(newer)
    const { copy } = await service.fetchCopy(callee)
    assert.ok(Buffer.from(copy).equals(newer.copy))
    assert.equal(written.at(-1), newer.copy.byteLength)
  })
})
