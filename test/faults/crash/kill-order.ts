import { readFile } from 'node:fs/promises'
import { ACTIVITIES, type Activity } from '../../../node/activity.ts'

/** When a peer is to die: so many turns of its event loop after something has begun for so many times. */
export interface KillOrder {
  activity: Activity
  occurrence: number
  turns: number
}

/** What a peer was busy with when it ended, by the file of its trace; `pausing` when with none of it. */
export async function openActivities(tracePath: string): Promise<readonly (Activity | 'pausing')[]> {
  const open = new Map<string, number>()
  const text = await readFile(tracePath, 'utf8').catch(() => '')
  for (const line of text.split('\n')) {
    const name = line.slice(1)
    if (line.startsWith('+')) open.set(name, (open.get(name) ?? 0) + 1)
    if (line.startsWith('-')) open.set(name, (open.get(name) ?? 0) - 1)
  }
  const found = ACTIVITIES.filter((activity) => (open.get(activity) ?? 0) > 0)
  return found.length === 0 ? ['pausing'] : found
}
