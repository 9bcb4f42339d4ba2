import { InvalidLimitError } from '../limits/invalid-limit-error.ts'

const UNIT_BYTES: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40
}

/** What a pinner's blocks may take on the disk unless told otherwise (DESIGN 6). */
export const DEFAULT_QUOTA = '10GiB'

/** Below this not even a small model's checkpoint and its successor fit beside the run itself. */
const LEAST_BYTES = 1e6

/** Bytes from `10GiB` or `500 MB`. Throws InvalidLimitError. */
export function parseDiskSize(text: string): number {
  const [, number, unit] = /^([0-9.]+)\s*([A-Za-z]+)$/.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(number) * (UNIT_BYTES[unit ?? ''] ?? Number.NaN))
  if (bytes >= LEAST_BYTES && Number.isSafeInteger(bytes)) return bytes
  throw new InvalidLimitError('must be bytes with their unit (500MB, 10GiB, 1TB), at least 1MB.')
}

/** In the unit that people give disks in, to three digits. */
export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 2 ** 30 ? ['GiB', 2 ** 30] : bytes >= 2 ** 20 ? ['MiB', 2 ** 20] : ['KiB', 2 ** 10]
  return `${Number((bytes / Number(size)).toPrecision(3))} ${unit}`
}
