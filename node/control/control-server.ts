import { chmod, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { controlPath } from './control-path.ts'
import { type RunEvent, type RunRequest, runRequest } from './run-request.ts'
import { type PeerStatus, peerStatus } from './status.ts'

/** The longest request is an invite with two paths. */
const MAX_BODY_BYTES = 128 * 1024

/** What may wait for somebody who follows a run and does not read; past it lines are left out. */
const MAX_UNREAD_CHARACTERS = 256 * 1024

/** Whoever asked is answered before the socket closes, and who follows a run hears how it ended, unless it does not read. */
const LAST_WORDS_MS = 1000

/** https://www.iana.org/assignments/media-types/application/vnd.ipld.car */
const CAR = 'application/vnd.ipld.car'

const OWNER_ONLY = 0o600

/** Peers to call in one request. */
const MAX_ADDRESSES = 100
const MAX_ADDRESS_CHARACTERS = 2000

/** One root that is kept, or is to be, as commands print it. */
export interface PinEntry {
  readonly root: string
  readonly kind: string
  readonly state: 'queued' | 'pinning' | 'pinned' | 'failed'
  /** Of all that it leads to; absent before it is here. */
  readonly bytes?: number
  readonly by: string
  /** Others that keep it too. */
  readonly also?: readonly string[]
  readonly createdAt: number
  /** Why it failed. */
  readonly details?: string
  readonly run?: string
  readonly round?: number
  /** Of a run. */
  readonly name?: string
}

/** What came in a CAR archive. */
export interface ImportedArchive {
  readonly roots: readonly string[]
  readonly blocks: number
  readonly bytes: number
  /** True when the roots are kept now. */
  readonly pinned: boolean
}

/** What a running peer lets its owner do from another process. `run`: id or name, needed where there are several. */
export interface Controls {
  status(): PeerStatus
  /** Takes part in one more run; `onEvent` hears what happens in it, until it has ended. */
  join(request: RunRequest, onEvent: (event: RunEvent) => void): Promise<unknown>
  pause(run?: string): void
  resume(run?: string): void
  /** Parts from a run. Resolves with true where the process ends by itself afterwards. */
  leave(options: { purge: boolean }, run?: string): Promise<boolean>
  pins(): Promise<PinEntry[]>
  /**
   * Fetches a root with all that it links to, from peers where it is not here, and keeps it. `from`: address of a node
   * to connect to first.
   */
  pin(root: string, from?: string): Promise<PinEntry>
  unpin(root: string): Promise<boolean>
  /** A CAR archive of a root with all that it links to. */
  exportCar(root: string): AsyncIterable<Uint8Array>
  importCar(archive: AsyncIterable<Uint8Array>, options: { readonly pin: boolean }): Promise<ImportedArchive>
  /** Calls peers that the owner named. Never rejects for those that do not answer. */
  connect(addresses: readonly string[]): Promise<void>
}

/** A peer's control socket: HTTP on a unix socket in its home, for the home's owner alone. */
export interface ControlServer {
  close(): Promise<void>
}

/** Listens in `home`, whose lock this process holds: a socket that is there already was left by a process that died. */
export async function startControl(home: string, controls: Controls): Promise<ControlServer> {
  const socket = await controlPath(home)
  await rm(socket.path, { force: true })
  const answers = new Set<Promise<void>>()
  const app = createApp(controls, answers)
  await app.listen({ path: socket.path })
  await chmod(socket.path, OWNER_ONLY)
  return {
    close: async () => {
      await Promise.race([Promise.all(answers), delay(LAST_WORDS_MS, undefined, { ref: false })])
      await app.close()
      await rm(socket.path, { force: true })
      await socket.close()
    }
  }
}

interface RunQuery {
  readonly run?: string
  readonly purge?: string
}

function createApp(controls: Controls, answers: Set<Promise<void>>): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true })
  app.addHook('onRequest', async (_, { raw }) => {
    const answered = finished(raw)
      .catch(() => {})
      .finally(() => answers.delete(answered))
    answers.add(answered)
  })
  app.get('/status', async () => peerStatus.parse(controls.status()))
  app.post('/runs', async ({ body }, reply) => {
    const wanted = runRequest.safeParse(body)
    if (!wanted.success) return reply.code(400).send({ message: z.prettifyError(wanted.error) })
    const lines = new Lines()
    await controls.join(wanted.data, (event) => lines.add(event))
    return reply.type('application/x-ndjson').send(lines.stream)
  })
  app.post<{ Querystring: RunQuery }>('/pause', async ({ query }) => {
    controls.pause(query.run)
    return {}
  })
  app.post<{ Querystring: RunQuery }>('/resume', async ({ query }) => {
    controls.resume(query.run)
    return {}
  })
  app.post<{ Querystring: RunQuery }>('/leave', async ({ query }) => ({
    isLast: await controls.leave({ purge: query.purge === 'true' }, query.run)
  }))
  app.get('/pins', async () => controls.pins())
  app.put<{ Params: { root: string }; Querystring: { from?: string } }>('/pins/:root', async ({ params, query }) =>
    controls.pin(params.root, query.from)
  )
  app.delete<{ Params: { root: string } }>('/pins/:root', async ({ params }) => ({
    removed: await controls.unpin(params.root)
  }))
  app.post('/connections', async ({ body }, reply) => {
    const addresses = z.array(z.string().max(MAX_ADDRESS_CHARACTERS)).max(MAX_ADDRESSES).safeParse(body)
    if (!addresses.success) return reply.code(400).send({ message: z.prettifyError(addresses.error) })
    await controls.connect(addresses.data)
    return {}
  })
  addArchives(app, controls)
  return app
}

/** Archives are streams both ways: none is ever whole in memory. */
function addArchives(app: FastifyInstance, controls: Controls): void {
  app.addContentTypeParser(CAR, (_, payload, done) => done(null, payload))
  app.get<{ Params: { root: string } }>('/cars/:root', async ({ params }, reply) =>
    reply.type(CAR).send(Readable.from(controls.exportCar(params.root)))
  )
  app.post<{ Body: Readable; Querystring: { pin?: string } }>('/cars', async ({ body, query }) =>
    controls.importCar(body, { pin: query.pin === 'true' })
  )
}

/** Events as lines of JSON, for as long as somebody reads them; the run does not depend on it. */
class Lines {
  readonly stream = new Readable({ read: () => {}, encoding: 'utf8' })

  add(event: RunEvent): void {
    if (this.stream.destroyed) return
    const isLast = event.type === 'ended'
    if (isLast || this.stream.readableLength < MAX_UNREAD_CHARACTERS) this.stream.push(`${JSON.stringify(event)}\n`)
    if (isLast) this.stream.push(null)
  }
}
