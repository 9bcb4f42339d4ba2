import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How many rounds a peer's own log tells of, closing ones included; readable while the peer runs. */
export async function playedRounds(home: string): Promise<number> {
  const text = await readFile(join(home, 'events.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line.includes('"seq"')).length
}
