import { chmod, rm } from 'node:fs/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { controlPath } from './control-path.ts'
import { type PeerStatus, peerStatus } from './status.ts'

/** Requests are a few words. */
const MAX_BODY_BYTES = 16 * 1024

const OWNER_ONLY = 0o600

/** One kept root, as commands print it. */
export interface PinEntry {
  readonly root: string
  readonly kind: string
  readonly by: string
  readonly createdAt: number
  readonly run?: string
  readonly round?: number
  /** Of a run. */
  readonly name?: string
}

/** What a running peer lets its owner do from another process. */
export interface Controls {
  status(): PeerStatus
  /** Absent for a peer that does not train. */
  readonly pause?: () => void
  readonly resume?: () => void
  /** Parts from the run; the process ends by itself afterwards. */
  leave(options: { purge: boolean }): void
  pins(): Promise<PinEntry[]>
  /** Fetches a root with all that it links to, from peers where it is not here, and keeps it. */
  pin(root: string): Promise<PinEntry>
  unpin(root: string): Promise<boolean>
}

/** The command does not apply to this peer. */
class NotTrainingError extends Error {
  readonly statusCode = 409

  constructor(what: string) {
    super(`this peer has no data and does not train: there is nothing to ${what}`)
  }
}

/** A peer's control socket: HTTP on a unix socket in its home, for the home's owner alone. */
export interface ControlServer {
  close(): Promise<void>
}

/** Listens in `home`, whose lock this process holds: a socket that is there already was left by a process that died. */
export async function startControl(home: string, controls: Controls): Promise<ControlServer> {
  const socket = await controlPath(home)
  await rm(socket.path, { force: true })
  const app = createApp(controls)
  await app.listen({ path: socket.path })
  await chmod(socket.path, OWNER_ONLY)
  return {
    close: async () => {
      await app.close()
      await rm(socket.path, { force: true })
      await socket.close()
    }
  }
}

function createApp(controls: Controls): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true })
  app.get('/status', async () => peerStatus.parse(controls.status()))
  app.post('/pause', async () => {
    if (controls.pause === undefined) throw new NotTrainingError('pause')
    controls.pause()
    return {}
  })
  app.post('/resume', async () => {
    if (controls.resume === undefined) throw new NotTrainingError('resume')
    controls.resume()
    return {}
  })
  app.post<{ Querystring: { purge?: string } }>('/leave', async ({ query }) => {
    controls.leave({ purge: query.purge === 'true' })
    return {}
  })
  app.get('/pins', async () => controls.pins())
  app.put<{ Params: { root: string } }>('/pins/:root', async ({ params }) => controls.pin(params.root))
  app.delete<{ Params: { root: string } }>('/pins/:root', async ({ params }) => ({
    removed: await controls.unpin(params.root)
  }))
  return app
}
