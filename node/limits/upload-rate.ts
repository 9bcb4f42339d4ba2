import { InvalidLimitError } from './invalid-limit-error.ts'

/** Below this the probes of a few links and the gossip of a run alone fill the way, and a delta never gets through. */
const LEAST_BYTES_PER_SECOND = 10_000

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  bit: 1 / 8,
  kbit: 1e3 / 8,
  Mbit: 1e6 / 8,
  Gbit: 1e9 / 8
}

/** Bytes a second from `500kB/s`, `2 MB/s` or `10Mbit/s`; a unit is needed, for bits and bytes differ eightfold. */
export function parseUploadRate(text: string): number {
  const [, number, unit] = /^([0-9.]+)\s*([A-Za-z]+)(?:\/s)?$/.exec(text.trim()) ?? []
  const bytes = Number(number) * (UNIT_BYTES[unit ?? ''] ?? Number.NaN)
  if (bytes >= LEAST_BYTES_PER_SECOND) return bytes
  throw new InvalidLimitError('must be bytes (500kB/s, 2MB/s) or bits (10Mbit/s) a second, at least 10kB/s.')
}
