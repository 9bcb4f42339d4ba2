import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { systemClock } from '../../../protocols/clock.ts'
import type { PinRequest } from '../../../storage/index.ts'
import { parsePinBody, parsePinQuery } from './pin-query.ts'
import { badRequest, PinRefusal } from './pin-refusal.ts'
import type { PinService } from './pin-service.ts'
import { RateLimit } from './rate-limit.ts'
import type { Tokens } from './tokens.ts'

/** A pin with as many and as long origins as the API takes. */
const MAX_BODY_BYTES = 64 * 1024

/** Longest wait for a client to send its request. */
const REQUEST_TIMEOUT_MS = 10_000

/** Idle connections are closed after this. */
const KEEP_ALIVE_MS = 30_000

/** Kubo asks twice a second for each pin that it waits for. */
const PER_SECOND = 50
const BURST = 200

/** Without a valid token: nobody mistypes faster. */
const STRANGERS_PER_SECOND = 5
const STRANGERS_BURST = 50

export interface PinningApiInit {
  readonly service: PinService
  readonly tokens: Tokens
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
}

export interface PinningApi {
  readonly url: string
  close(): Promise<void>
}

/** The address to serve the pinning API at is taken or not this machine's. */
export class PinningApiListenError extends Error {
  override readonly name = 'PinningApiListenError'
  readonly code = 'ERR_PINNING_API_LISTEN'

  constructor(host: string, port: number, cause: unknown) {
    super(
      `cannot serve the pinning API at ${host}:${port} (${(cause as NodeJS.ErrnoException).code}): choose another address ` +
        'with --pinning-api',
      { cause }
    )
  }
}

/** Serves the IPFS Pinning Service API 1.0 (ipfs.github.io/pinning-services-api-spec) over HTTP. */
export async function startPinningApi({ host, port, ...init }: PinningApiInit): Promise<PinningApi> {
  const app = createApp(init)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw new PinningApiListenError(host, port, cause)
  }
  const bound = app.server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { url: `http://${name}:${bound.port}`, close: () => app.close() }
}

function createApp({ service, tokens }: Pick<PinningApiInit, 'service' | 'tokens'>): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true
  })
  // Some clients announce JSON where they send nothing, with DELETE.
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (_, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(body))
    } catch {
      done(badRequest('the body is not JSON'))
    }
  })
  const owners = new WeakMap<FastifyRequest, string>()
  const ownerOf = (request: FastifyRequest) => owners.get(request)!
  const admit = gate(tokens)
  app.addHook('onRequest', async (request) => {
    owners.set(request, await admit(request))
  })
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const { statusCode = 500, message } = error
    if (statusCode === 429) reply.header('retry-after', '1')
    const reason =
      error instanceof PinRefusal ? error.reason : statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'
    return reply
      .code(statusCode)
      .send({ error: { reason, details: statusCode < 500 ? message : 'see the log of the peer' } })
  })
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({ error: { reason: 'NOT_FOUND', details: 'this API has /pins and /pins/{requestid}' } })
  )
  const answer = (request: PinRequest) => statusOf(request, service.delegates)

  app.get('/pins', async (request) => {
    const { count, page } = service.list(ownerOf(request), parsePinQuery(request.query))
    return { count, results: page.map(answer) }
  })
  app.post('/pins', async (request, reply) => {
    return reply.code(202).send(answer(await service.add(ownerOf(request), parsePinBody(request.body))))
  })
  app.get<{ Params: { id: string } }>('/pins/:id', async (request) => {
    return answer(service.get(ownerOf(request), request.params.id))
  })
  app.post<{ Params: { id: string } }>('/pins/:id', async (request, reply) => {
    const { id } = request.params
    return reply.code(202).send(answer(await service.replace(ownerOf(request), id, parsePinBody(request.body))))
  })
  app.delete<{ Params: { id: string } }>('/pins/:id', async (request, reply) => {
    await service.remove(ownerOf(request), request.params.id)
    return reply.code(202).send()
  })
  return app
}

/** Lets requests with a valid token through, as many as its owner may send; answers with the owner. Throws PinRefusal. */
function gate(tokens: Tokens): (request: FastifyRequest) => Promise<string> {
  const known = new RateLimit({ perSecond: PER_SECOND, burst: BURST, clock: systemClock })
  const strangers = new RateLimit({ perSecond: STRANGERS_PER_SECOND, burst: STRANGERS_BURST, clock: systemClock })
  return async ({ headers, ip }) => {
    const owner = await tokens.ownerOf(headers.authorization)
    if (owner === undefined && strangers.take(ip)) {
      throw new PinRefusal(401, 'UNAUTHORIZED', 'the access token is missing or not known here')
    }
    if (owner !== undefined && known.take(owner)) return owner
    throw new PinRefusal(429, 'TOO_MANY_REQUESTS', 'too many requests: wait a second')
  }
}

/** A request as the API tells it. */
function statusOf(
  { id, status, created, cid, name, origins, meta, details }: PinRequest,
  delegates: readonly string[]
) {
  return {
    requestid: id,
    status,
    created: new Date(created).toISOString(),
    pin: {
      cid: cid.toString(),
      ...(name === undefined ? {} : { name }),
      ...(origins === undefined ? {} : { origins }),
      ...(meta === undefined ? {} : { meta })
    },
    delegates,
    ...(details === undefined ? {} : { info: { status_details: details } })
  }
}
