import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'

const SOCKET_FILE = 'control.sock'

/** The system's limit on the path of a unix socket is 108 bytes, the end included. */
const MAX_SOCKET_PATH_BYTES = 107

export interface ControlPath {
  readonly path: string
  close(): Promise<void>
}

/**
 * Where a home's control socket is. A home deeper than a socket's path may be long is named by an open handle on it
 * (Linux); close it when the socket is bound or connected.
 */
export async function controlPath(home: string): Promise<ControlPath> {
  const path = join(home, SOCKET_FILE)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return { path, close: async () => {} }
  const folder: FileHandle = await open(home)
  return { path: `/proc/self/fd/${folder.fd}/${SOCKET_FILE}`, close: () => folder.close() }
}
