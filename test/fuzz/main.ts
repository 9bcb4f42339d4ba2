/**
 * The long fuzz run: `npm run fuzz -- --inputs 5000000 --seed random`. What fails is printed with the seed and the path,
 * with which the same command finds it again, and with the least input as hexadecimal.
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { type Decoder, inputOf } from './decoder.ts'
import { allDecoders } from './decoders.ts'
import type { FuzzReport } from './fuzz.ts'
import type { FuzzWorkerData } from './fuzz-worker.ts'

/** An input that takes so long never ends: the slowest takes milliseconds. */
const STUCK_MS = 60_000

/** Live memory of a decoder of kilobytes stays below a tenth of this. */
const MAX_HEAP_MB = 512

const USAGE = `Usage: npm run fuzz -- [sockets] [--inputs N] [--seed S|random] [--decoder NAME] [--path P] [--json] [--list]

  --inputs N       mutated inputs for each decoder (default 5000000), or for each protocol over sockets (default 100000)
  --seed S         decides the mutations (default 1)
  --decoder NAME   this one only; --list names them
  --path P         with the seed, goes to a failure of an earlier run at once
  --json           one JSON document for each decoder
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    decoder: { type: 'string' },
    path: { type: 'string' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

const seed = values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)

/** Runs one decoder in a thread; an input that never ends, or that takes all memory, is a failure like any other. */
function runDecoder(decoder: Decoder, inputs: number): Promise<FuzzReport> {
  const progress = new Int32Array(new SharedArrayBuffer(4 * 6))
  const { path } = values
  const workerData: FuzzWorkerData = {
    decoder: decoder.name,
    inputs,
    seed,
    progress,
    ...(path === undefined ? {} : { path })
  }
  const startedAt = performance.now()
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB }
  })
  return new Promise((resolve) => {
    const fail = (error: string) => {
      const program = [...progress.subarray(2, 2 + progress[1]!)]
      const inputHex = Buffer.from(inputOf(decoder, program)).toString('hex')
      resolve({
        ...{ decoder: decoder.name, seed, inputs: progress[0]!, seconds: (performance.now() - startedAt) / 1000 },
        ...{ accepted: 0, refused: {}, memory: { before: 0, after: 0 }, slowestMs: STUCK_MS },
        failure: { path: '', error, inputHex, program }
      })
    }
    let seen = -1
    const watch = setInterval(() => {
      if (progress[0] === seen) fail(`input ${seen} has not ended after ${STUCK_MS / 1000} s`)
      seen = progress[0]!
    }, STUCK_MS)
    worker.once('message', resolve)
    worker.once('error', (error: Error) => fail(String(error)))
    worker.once('exit', () => clearInterval(watch))
  }).then(async (report) => {
    await worker.terminate()
    return report as FuzzReport
  })
}

function describeReport({
  decoder,
  inputs,
  seconds,
  accepted,
  refused,
  memory,
  slowestMs,
  failure
}: FuzzReport): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const reasons = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`)
  const line =
    `${decoder}: ${inputs} inputs in ${seconds.toFixed(0)} s, ${accepted} accepted, refused: ${reasons.join(', ')}; ` +
    `memory ${mb(memory.before)} before, ${mb(memory.after)} after; slowest ${slowestMs.toFixed(0)} ms`
  if (failure === undefined) return line
  return (
    `${line}\nFAILED, seed ${seed}, path ${failure.path}: ${failure.error}\n` +
    `input ${failure.inputHex}\nagain: npm run fuzz -- --decoder ${JSON.stringify(decoder)} --seed ${seed} --path ${failure.path}`
  )
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(USAGE)
  if (positionals[0] === 'sockets') {
    const { fuzzSockets } = await import('./sockets.ts')
    for (const report of await fuzzSockets(Number(values.inputs ?? 100_000), seed)) {
      process.stdout.write(`${JSON.stringify(report)}\n`)
    }
    return
  }
  const decoders = await allDecoders()
  if (values.list) return void process.stdout.write(`${decoders.map(({ name }) => name).join('\n')}\n`)
  const chosen = decoders.filter(({ name }) => values.decoder === undefined || name === values.decoder)
  if (chosen.length === 0) throw new Error(`there is no decoder ${values.decoder}: --list names them`)
  if (!values.json) process.stdout.write(`seed ${seed}\n`)
  for (const decoder of chosen) {
    const report = await runDecoder(decoder, Math.ceil(Number(values.inputs ?? 5_000_000) / (decoder.cost ?? 1)))
    process.stdout.write(`${values.json ? JSON.stringify(report) : describeReport(report)}\n`)
    if (report.failure !== undefined) process.exitCode = 1
  }
}

await main()
