/**
 * What a peer may take of its owner's machine, and when.
 *
 * ```ts
 * const upload = new UploadLimiter({ bytesPerSecond: parseUploadRate('500kB/s'), clock: systemClock })
 * const libp2p = await startLibp2p({ privateKey, listen, upload })
 * ```
 */
export { CpuPacer } from './cpu-pacer.ts'
export { parseCpuShare } from './cpu-share.ts'
export { Hours } from './hours.ts'
export { InvalidLimitError } from './invalid-limit-error.ts'
export { isMetered } from './is-metered.ts'
export { freeDisk, NotEnoughDiskError } from './require-room.ts'
export { shapedTcp } from './shaped-tcp.ts'
export { UploadLimiter } from './upload-limiter.ts'
export { parseUploadRate } from './upload-rate.ts'
