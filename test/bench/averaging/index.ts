import Table from 'cli-table3'
import type { Command } from 'commander'
import { median } from '../../../protocols/averaging/index.ts'
import { printResult } from '../../print-result.ts'
import { copyKernel, type Kernel, kernelsOver } from './kernels.ts'
import { createVectors } from './vectors.ts'

const NEIGHBOURS = 8
/** Parameters that each kernel passes over before its first sample, once at least: for the compiler and for scratch. */
const WARM_UP_PARAMETERS = 5e6

interface KernelResult {
  readonly kernel: string
  readonly parameters: number
  /** Float32 bytes read, every input counted once; median of the samples. */
  readonly gigabytesPerSecond: number
  /** Median over the samples of this rate / the rate of a plain copy in the same turn. */
  readonly ofCopy: number
  readonly least: number
  readonly most: number
  /** What the heap and all buffers outside it grew by in one run, in bytes; median of the samples. */
  readonly allocatedBytes: number
  /** Vectors of their own among the k + 2 that the rules read. */
  readonly distinctVectors: number
}

interface Sample {
  readonly gigabytesPerSecond: number
  readonly allocatedBytes: number
}

/** Measures all kernels in turns with a plain copy, so that other load on the machine meets all of them. */
function benchKernels(parameters: number, samples: number): KernelResult[] {
  const vectors = createVectors(parameters, NEIGHBOURS)
  const copy = copyKernel(vectors)
  const kernels = kernelsOver(vectors)
  for (const { run } of [copy, ...kernels]) for (let done = 0; done < WARM_UP_PARAMETERS; done += parameters) run()
  const turns = Array.from({ length: samples }, () => ({
    copy: measure(copy, parameters),
    kernels: kernels.map((kernel) => measure(kernel, parameters))
  }))
  return kernels.map(({ name }, at) => {
    const rates = turns.map(({ kernels }) => kernels[at]!.gigabytesPerSecond)
    return {
      kernel: name,
      parameters,
      gigabytesPerSecond: median(rates)!,
      ofCopy: median(turns.map(({ copy }, turn) => rates[turn]! / copy.gigabytesPerSecond))!,
      least: Math.min(...rates),
      most: Math.max(...rates),
      allocatedBytes: median(turns.map(({ kernels }) => kernels[at]!.allocatedBytes))!,
      distinctVectors: vectors.distinct
    }
  })
}

function measure({ run, inputs }: Kernel, parameters: number): Sample {
  const before = allocated()
  const startedAt = performance.now()
  run()
  const seconds = (performance.now() - startedAt) / 1000
  const bytes = inputs * parameters * Float32Array.BYTES_PER_ELEMENT
  return { gigabytesPerSecond: bytes / seconds / 1e9, allocatedBytes: Math.max(0, allocated() - before) }
}

function allocated(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external // which counts the buffers of typed arrays too
}

function describeKernels(results: readonly KernelResult[]): string {
  const head = ['kernel', 'parameters', 'GB/s', 'range', 'of a copy', 'bytes allocated', 'vectors']
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const result of results) {
    table.push([
      result.kernel,
      result.parameters,
      result.gigabytesPerSecond.toFixed(2),
      `${result.least.toFixed(2)} to ${result.most.toFixed(2)}`,
      result.ofCopy.toFixed(3),
      result.allocatedBytes,
      result.distinctVectors
    ])
  }
  return table.toString()
}

interface AveragingOptions {
  readonly parameters: string[]
  readonly samples: string
  readonly json?: boolean
}

export function addAveraging(program: Command): void {
  program
    .command('averaging')
    .description('gigabytes a second of codec, mixing and robust rules on one core, beside a plain copy')
    .option('--parameters <n...>', 'lengths of the vectors', ['1000000', '100000000'])
    .option('--samples <n>', 'how often each kernel is measured', '7')
    .option('--json', 'print one JSON document on stdout')
    .action(({ parameters, samples, json }: AveragingOptions) => {
      const results = parameters.flatMap((each) => benchKernels(Number(each), Number(samples)))
      printResult(json, { results }, describeKernels(results))
    })
}
