import assert from 'node:assert/strict'
import type { RefusalReason } from '../../../../protocols/envelope/index.ts'
import { InvalidRecordError } from '../../../../protocols/envelope/index.ts'

/** For `assert.throws` and `assert.rejects`: a refusal for this reason, with a message that matches. */
export function refusal(reason: RefusalReason, message = /./) {
  return (error: unknown): true => {
    assert.ok(error instanceof InvalidRecordError, `expected InvalidRecordError, got ${error}`)
    assert.equal(error.reason, reason, error.message)
    assert.equal(error.code, 'ERR_INVALID_RECORD')
    assert.match(error.message, message)
    return true
  }
}
