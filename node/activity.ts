import { tracingChannel } from 'node:diagnostics_channel'

/** What a peer is busy with in a round, or beside it. */
export const ACTIVITIES = [
  'training',
  'signing',
  'announcing',
  'storing',
  'waiting',
  'mixing',
  'checkpointing'
] as const
export type Activity = (typeof ACTIVITIES)[number]

export interface ActivityContext {
  readonly activity: Activity
}

/** Name for `diagnostics_channel.tracingChannel`: who subscribes hears every activity begin (`start`) and end (`asyncEnd`). */
export const ACTIVITY_CHANNEL = 'starling:activity'

const channel = tracingChannel<ActivityContext>(ACTIVITY_CHANNEL)

/** Does `work` and tells whoever traces this process when it begins and ends; costs nothing where nobody does. */
export function traced<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
  return channel.tracePromise(work, { activity })
}
