import { startControl } from '../control/index.ts'
import { createControls, type PeerControlsInit } from './peer-controls.ts'

/** The control socket of a peer in a run, and what its owner asked for through it. */
export interface OpenControl {
  /** Fires when the owner wants the peer to leave the run. */
  readonly leaving: AbortSignal
  readonly wantsPurge: boolean
  close(): Promise<void>
}

export async function openControl(init: Omit<PeerControlsInit, 'leave'>): Promise<OpenControl> {
  const leaving = new AbortController()
  let wantsPurge = false
  const controls = createControls({
    ...init,
    leave: ({ purge }) => {
      wantsPurge ||= purge
      // After the answer to whoever asked.
      setImmediate(() => leaving.abort())
    }
  })
  const server = await startControl(init.peer.home.dir, controls)
  return {
    leaving: leaving.signal,
    get wantsPurge() {
      return wantsPurge
    },
    close: () => server.close()
  }
}
