/** Runs one decoder in a thread of its own, and tells which input it is at, for an input that never ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { allDecoders } from './decoders.ts'
import { fuzz } from './fuzz.ts'

export interface FuzzWorkerData {
  readonly decoder: string
  readonly inputs: number
  readonly seed: number
  readonly path?: string
  /** Shape [2 + 4]: count of inputs, length of the program, the program. */
  readonly progress: Int32Array
}

const { decoder: name, progress, ...options } = workerData as FuzzWorkerData
const decoder = (await allDecoders()).find((each) => each.name === name)!
const report = await fuzz(decoder, {
  ...options,
  onInput: (program, count) => {
    progress[0] = count
    progress[1] = program.length
    progress.set(program, 2)
  }
})
parentPort!.postMessage(report)
