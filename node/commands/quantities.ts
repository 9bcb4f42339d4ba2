/** Numbers with their units, as people read them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** A rate of bytes over a time in milliseconds. */
export function rate(bytes: number, ms: number): string {
  const perSecond = ms > 0 ? (1000 * bytes) / ms : 0
  return perSecond < 1e6 ? `${(perSecond / 1e3).toFixed(1)} kB/s` : `${(perSecond / 1e6).toFixed(1)} MB/s`
}

/** A time that has passed, coarser the longer it is. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms / 1000)
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}
