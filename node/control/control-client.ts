import { type IncomingMessage, request } from 'node:http'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { controlPath } from './control-path.ts'
import type { RunEnd, RunEvent, RunRequest } from './run-request.ts'

/** A fetched pin may be a large model on a slow line; everything else is answered at once. */
const TIMEOUT_MS = 600_000

/** No process serves the home's control socket. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError'
  readonly code = 'ERR_NOT_RUNNING'

  constructor(home: string) {
    super(
      `no peer is running in ${home}: start one with \`starling join\` or \`starling start\`, or name another --home`
    )
  }
}

/** The peer ended before it answered. */
export class PeerEndedError extends Error {
  override readonly name = 'PeerEndedError'
  readonly code = 'ERR_PEER_ENDED'

  constructor(home: string, cause?: unknown) {
    super(`the peer that ran in ${home} has ended: \`starling logs\` shows its last words`, { cause })
  }
}

/** The running peer refused. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code: string

  constructor(message: string, code = 'ERR_CONTROL') {
    super(message)
    this.code = code
  }
}

export type ControlMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks the peer that runs in `home`. Throws NotRunningError, PeerEndedError, ControlError with the peer's sentence. */
export async function callControl(home: string, method: ControlMethod, path: string, body?: unknown): Promise<unknown> {
  return onSocket(home, async (socketPath) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const response = await send({ socketPath, method, path, timeout: TIMEOUT_MS }, text)
    return readAnswer(response)
  })
}

/** Reads a stream of bytes from the peer that runs in `home`. Throws as `callControl`, and what `read` throws. */
export async function downloadControl<T>(
  home: string,
  path: string,
  read: (bytes: AsyncIterable<Uint8Array>) => Promise<T>
): Promise<T> {
  return onSocket(home, async (socketPath) => {
    const response = await send({ socketPath, method: 'GET', path, timeout: TIMEOUT_MS })
    if ((response.statusCode ?? 0) >= 400) await readAnswer(response)
    return read(response)
  })
}

/** Sends a stream of bytes to the peer that runs in `home`; it is opened once that peer listens. Throws as `callControl`. */
export async function uploadControl(
  home: string,
  path: string,
  { type, open }: { readonly type: string; readonly open: () => Readable }
): Promise<unknown> {
  return onSocket(home, async (socketPath) => {
    const headers = { 'content-type': type }
    return readAnswer(await send({ socketPath, method: 'POST', path, timeout: TIMEOUT_MS, headers }, open))
  })
}

/**
 * Has the peer that runs in `home` take part in a run, and follows it there until it has ended. Throws NotRunningError,
 * ControlError where the peer refuses, PeerEndedError when the process dies on the way.
 */
export async function followRun(home: string, wanted: RunRequest, onEvent: (event: RunEvent) => void): Promise<RunEnd> {
  let hasJoined = false
  try {
    return await onSocket(home, async (socketPath) => {
      const response = await send({ socketPath, method: 'POST', path: '/runs' }, JSON.stringify(wanted))
      if ((response.statusCode ?? 0) >= 400) await readAnswer(response)
      hasJoined = true
      for await (const event of eventsOf(response)) {
        onEvent(event)
        if (event.type === 'ended') return event.end
      }
      throw new PeerEndedError(resolve(home))
    })
  } catch (error) {
    // Else it would mean that nothing has begun yet, and that it may be tried again.
    throw hasJoined && error instanceof PeerEndedError ? new FollowedPeerEndedError(resolve(home), error) : error
  }
}

/** The peer ended without a word while a run in it was followed. */
class FollowedPeerEndedError extends Error {
  override readonly name = 'FollowedPeerEndedError'
  readonly code = 'ERR_FOLLOWED_PEER_ENDED'

  constructor(home: string, cause: unknown) {
    super(`the peer that ran in ${home} ended without a word: see \`starling logs\`, and join again to go on`, {
      cause
    })
  }
}

async function onSocket<T>(home: string, work: (socketPath: string) => Promise<T>): Promise<T> {
  const dir = resolve(home)
  const socket = await controlPath(dir).catch(() => {
    throw new NotRunningError(dir)
  })
  try {
    return await work(socket.path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') throw new NotRunningError(dir)
    throw code === 'ECONNRESET' || code === 'EPIPE' ? new PeerEndedError(dir, error) : error
  } finally {
    await socket.close()
  }
}

interface Call {
  readonly socketPath: string
  readonly method: ControlMethod
  readonly path: string
  readonly timeout?: number
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_BODY = { 'content-type': 'application/json' }

function send({ timeout, ...call }: Call, body?: string | (() => Readable)): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = call.headers ?? (body === undefined ? {} : JSON_BODY)
    // A connection of its own: one that is kept may be closed by a peer that ends just when it is used again.
    const sent = request({ ...call, agent: false, headers, ...(timeout === undefined ? {} : { timeout }) }, resolve)
    sent.once('timeout', () => sent.destroy(new ControlError(`no answer after ${TIMEOUT_MS / 1000} s`)))
    sent.once('error', reject)
    if (typeof body !== 'function') sent.end(body)
    else sent.once('socket', (socket) => socket.once('connect', () => void pipeline(body(), sent).catch(reject)))
  })
}

/** One event a line. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<RunEvent> {
  let rest = ''
  for await (const part of response.setEncoding('utf8')) {
    const lines = (rest + part).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield JSON.parse(line) as RunEvent
  }
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const status = response.statusCode ?? 0
  const answer = JSON.parse(await text(response)) as { message?: string; code?: string }
  if (status >= 400) throw new ControlError(answer.message ?? `the peer answered ${status}`, answer.code)
  return answer
}
