/**
 * What a pinner keeps, and for how long.
 *
 * ```ts
 * const keeper = new QuotaKeeper({ storage, quotaBytes: parseDiskSize('10GiB') })
 * keeper.follow(run, { policy: parsePolicy('last:3'), say })
 * await keeper.withRoom(40e6, (room) => storage.pins.keep(root, details, { maxBytes: room }))
 * ```
 */
export { type Candidate, type Choice, chooseKept, type Policies } from './choose-kept.ts'
export { mayDial, REACHES, type Reach, reachesFor, reachOf } from './dial-rule.ts'
export { DEFAULT_QUOTA, formatBytes, parseDiskSize } from './disk-size.ts'
export { DEFAULT_POLICY, formatPolicy, type PinningPolicy, parsePolicy, wantsEach } from './policy.ts'
export { type FollowedRun, QuotaKeeper, type QuotaStatus } from './quota-keeper.ts'
export { type WantedCheckpoint, WantedCheckpoints } from './wanted-checkpoints.ts'
