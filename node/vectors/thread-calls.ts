import type { MessagePort, Transferable, Worker } from 'node:worker_threads'

/** Either end of a worker thread. */
type Port = MessagePort | Worker

interface Call {
  readonly id: number
  readonly method: string
  readonly parameters: readonly unknown[]
}

interface Thrown {
  readonly name: string
  readonly message: string
  readonly code?: unknown
  readonly stack?: string | undefined
}

type Answer = { readonly id: number; readonly result?: unknown; readonly thrown?: Thrown }

/** An error that crossed from the worker thread: its message, name and code are the original's. */
export class ThreadError extends Error {
  readonly code: unknown

  constructor({ name, message, code, stack }: Thrown) {
    super(message)
    this.name = name
    this.code = code
    if (stack !== undefined) this.stack = stack
  }
}

/** Answers calls on `port` with the methods of `target`, each as it comes; large results give their buffers away. */
export function serveCalls(port: Port, target: object, transferOf: (result: unknown) => Transferable[]): void {
  port.on('message', ({ id, method, parameters }: Call) => {
    const work = Reflect.get(target, method) as (...parameters: readonly unknown[]) => Promise<unknown>
    work.apply(target, [...parameters]).then(
      (result) => port.postMessage({ id, result } satisfies Answer, transferOf(result)),
      (error: unknown) => port.postMessage({ id, thrown: describe(error) } satisfies Answer)
    )
  })
}

/** Makes calls on `port`. `fail` rejects all that are under way and yet to come. */
export class ThreadCalls {
  readonly #port: Port
  readonly #pending = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
  #nextId = 0
  #failure: unknown

  constructor(port: Port) {
    this.#port = port
    port.on('message', ({ id, result, thrown }: Answer) => {
      const call = this.#pending.get(id)
      this.#pending.delete(id)
      if (thrown === undefined) call?.resolve(result as never)
      else call?.reject(new ThreadError(thrown))
    })
  }

  call<T>(method: string, parameters: readonly unknown[], transfer: readonly Transferable[] = []): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#port.postMessage({ id, method, parameters } satisfies Call, transfer)
    })
  }

  fail(error: unknown): void {
    this.#failure = error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

function describe(error: unknown): Thrown {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  return { name, message, stack, code: 'code' in error ? error.code : undefined }
}
