import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { EngineStartError } from './errors.ts'
import type { TensorFlow } from './tensorflow.ts'
import { registerWasmTrainingKernels } from './wasm-training-kernels.ts'

export type EngineKind = 'wasm' | 'cpu'

/** A TensorFlow.js backend that is ready to compute on this thread. */
export interface Engine {
  readonly name: `tfjs-${EngineKind}`
  /** Of TensorFlow.js. Results are bit-identical within a name and version, never between engines. */
  readonly version: string
  readonly tf: TensorFlow
  /** Why this is not the preferred engine; absent when it is. */
  readonly reason?: string
  /** Runs synchronous work on this engine and disposes every tensor that it made. */
  run<T>(work: () => T): T
}

export interface StartEngineOptions {
  /** Address of the folder with the .wasm files, ending in a slash. Default: beside the installed backend. */
  readonly wasmFolder?: URL
}

interface WasmBackendModule {
  setWasmPaths(prefix: string): void
  setThreadsCount(count: number): void
}

/** The build that TensorFlow.js picks under Node where the processor has SIMD, which is every 64-bit one. */
const WASM_FILE = 'tfjs-backend-wasm-simd.wasm'

/**
 * Starts `preferred`, or pure JavaScript with a `reason` where wasm refuses. Nothing is fetched and nothing is printed.
 * Modules are imported here and not before, so a thread that never trains does not pay for them.
 * Engines may coexist on one thread, but going back and forth between them costs milliseconds.
 * Throws EngineStartError if pure JavaScript does not start either.
 */
export async function startEngine(preferred: EngineKind = 'wasm', options: StartEngineOptions = {}): Promise<Engine> {
  const tf = await importTensorFlow()
  if (preferred === 'cpu') return startCpu(tf)
  try {
    return await startWasm(tf, options.wasmFolder)
  } catch (error) {
    return startCpu(tf, `wasm did not start: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function importTensorFlow(): Promise<TensorFlow> {
  const tf = (await import(import.meta.resolve('@tensorflow/tfjs-core'))) as TensorFlow
  // Production mode is TensorFlow.js's one switch for its banners and warnings; it also skips checks of every result.
  tf.enableProdMode()
  return tf
}

async function startCpu(tf: TensorFlow, reason?: string): Promise<Engine> {
  await import(import.meta.resolve('@tensorflow/tfjs-backend-cpu'))
  if (!(await tf.setBackend('cpu'))) throw new EngineStartError('cpu', 'its backend refused')
  return createEngine(tf, 'cpu', reason)
}

async function startWasm(tf: TensorFlow, wasmFolder?: URL): Promise<Engine> {
  const address = import.meta.resolve('@tensorflow/tfjs-backend-wasm')
  const folder = wasmFolder ?? new URL('.', address)
  // Of a file that it cannot use the backend prints and then refuses for good, so the file is looked at before.
  const file = new URL(WASM_FILE, folder)
  if (!WebAssembly.validate(await readFile(file))) throw new EngineStartError('wasm', `${WASM_FILE} is damaged`)
  await withoutNewCrashHandlers(async () => {
    const wasm = (await import(address)) as WasmBackendModule
    wasm.setWasmPaths(fileURLToPath(folder))
    // Peers share their machine with their owner and with other peers; TensorFlow.js has no threads under Node anyway.
    wasm.setThreadsCount(1)
    registerWasmTrainingKernels(tf)
    if (!(await tf.setBackend('wasm'))) throw new EngineStartError('wasm', 'its backend refused')
  })
  return createEngine(tf, 'wasm')
}

/**
 * Emscripten's start-up code takes over the process's crash events and throws again from inside their handlers, which
 * hides where an error came from and leaves no say to the program's own handlers. What `start` adds is removed again.
 */
async function withoutNewCrashHandlers(start: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection']
  const before = events.map((event) => new Set(process.rawListeners(event)))
  try {
    await start()
  } finally {
    for (const [i, event] of events.entries()) {
      for (const listener of process.rawListeners(event)) {
        if (!before[i]!.has(listener)) process.removeListener(event, listener as () => void)
      }
    }
  }
}

function createEngine(tf: TensorFlow, kind: EngineKind, reason?: string): Engine {
  function run<T>(work: () => T): T {
    // Of a backend that has started, setBackend is done when it returns; its promise only says so again.
    if (tf.getBackend() !== kind) void tf.setBackend(kind)
    let result!: T
    // Nothing is handed through: tidy looks at what it returns number by number for tensors, a tenth of a small round's time.
    tf.tidy(() => {
      result = work()
    })
    return result
  }
  return { name: `tfjs-${kind}`, version: tf.version_core, tf, ...(reason !== undefined && { reason }), run }
}
