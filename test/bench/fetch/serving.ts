import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The baseline: the bytes of the checkpoint's weights, and nothing else. */
export const RAW_PROTOCOL = '/starling-bench/raw/1.0.0'

const PROCESS = fileURLToPath(new URL('./serving-process.ts', import.meta.url))

/** What the serving process says when it is ready. */
export interface Serving {
  /** With peer id. */
  readonly address: string
  /** CID of its checkpoint. */
  readonly root: string
}

/** Starts a peer that has a checkpoint of so many bytes; it ends with `stop`, and when this process does. */
export async function startServing(home: string, bytes: number): Promise<Serving & { stop(): Promise<void> }> {
  const child = fork(PROCESS, [home, String(bytes)])
  const [serving] = (await once(child, 'message')) as [Serving]
  return {
    ...serving,
    stop: async () => {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    }
  }
}
