import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hours, InvalidLimitError, parseCpuShare, parseUploadRate } from '../../../../node/limits/index.ts'

describe('an upload rate', () => {
  const rates: readonly [text: string, bytes: number][] = [
    ['500kB/s', 500_000],
    ['2 MB/s', 2_000_000],
    ['10Mbit/s', 1_250_000],
    ['1.5MiB', 1_572_864],
    ['80kbit/s', 10_000]
  ]
  for (const [text, bytes] of rates) {
    it(`is ${bytes} bytes a second for ${text}`, () => {
      assert.equal(parseUploadRate(text), bytes)
    })
  }

  for (const text of ['500', '10Mb/s', '500 kb/s', '9kB/s', '-1MB/s', '1..2MB/s', '', 'fast', '1MB/h']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseUploadRate(text), InvalidLimitError)
    })
  }
})

describe('a share of the CPU', () => {
  it('is a percentage of one core, with or without the sign', () => {
    assert.deepEqual(['50%', '50', '150 %', '12.5%'].map(parseCpuShare), [0.5, 0.5, 1.5, 0.125])
  })

  for (const text of ['0.5', '4%', '1.5', '', '50 percent', '-50%', 'NaN%']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCpuShare(text), InvalidLimitError)
    })
  }
})

describe('hours', () => {
  for (const text of [
    '20:00',
    '20-06',
    '25:00-06:00',
    '20:60-06:00',
    '20:00-20:00',
    '00:00-24:00',
    '24:00-06:00',
    ''
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      assert.throws(() => new Hours(text), InvalidLimitError)
    })
  }
})
