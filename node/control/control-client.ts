import { request } from 'node:http'
import { resolve } from 'node:path'
import { controlPath } from './control-path.ts'

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

/** The running peer refused. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code = 'ERR_CONTROL'
}

export type ControlMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Asks the peer that runs in `home`. Throws NotRunningError, ControlError with the peer's sentence. */
export async function callControl(home: string, method: ControlMethod, path: string): Promise<unknown> {
  const dir = resolve(home)
  const socket = await controlPath(dir).catch(() => {
    throw new NotRunningError(dir)
  })
  try {
    const { status, body } = await exchange(socket.path, method, path)
    const answer = JSON.parse(body) as { message?: string }
    if (status >= 400) throw new ControlError(answer.message ?? `the peer answered ${status}`)
    return answer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR' ? new NotRunningError(dir) : error
  } finally {
    await socket.close()
  }
}

function exchange(socketPath: string, method: ControlMethod, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, timeout: TIMEOUT_MS }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.once('error', reject)
    })
    call.once('timeout', () => call.destroy(new ControlError(`no answer after ${TIMEOUT_MS / 1000} s`)))
    call.once('error', reject)
    call.end()
  })
}
