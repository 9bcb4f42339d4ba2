import type { KernelBackend, KernelCall, KernelConfig, TensorFlow, TensorInfo } from './tensorflow.ts'

/** TensorFlow.js has one kernel registry a thread, so what was replaced there is remembered here. */
const replacements = new WeakSet<KernelConfig['kernelFunc']>()

/**
 * Replaces wasm's matrix product by one that transposes first and multiplies then. The stock kernel is fast only
 * without its transpose flags, and every gradient of a dense layer sets one: the detour is about 8 times faster.
 * Call after the wasm backend is imported and before it starts; calling again changes nothing.
 */
export function registerWasmTrainingKernels(tf: TensorFlow): void {
  const stock = requireKernel(tf, 'BatchMatMul')
  if (replacements.has(stock.kernelFunc)) return
  const transpose = requireKernel(tf, 'Transpose')
  const swap = (x: TensorInfo, backend: KernelBackend): TensorInfo =>
    transpose.kernelFunc({ inputs: { x }, attrs: { perm: swapLastTwo(x.shape.length) }, backend })

  function multiply({ inputs, attrs, backend }: KernelCall): TensorInfo {
    const { transposeA, transposeB } = attrs
    const a = transposeA ? swap(inputs.a!, backend) : inputs.a!
    const b = transposeB ? swap(inputs.b!, backend) : inputs.b!
    const product = stock.kernelFunc({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend })
    if (transposeA) backend.disposeData(a.dataId)
    if (transposeB) backend.disposeData(b.dataId)
    return product
  }

  replacements.add(multiply)
  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel({ ...stock, kernelFunc: multiply })
}

/** Axes in order, the last two exchanged. */
function swapLastTwo(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis)
  axes.push(...axes.splice(-2).reverse())
  return axes
}

function requireKernel(tf: TensorFlow, kernelName: string): KernelConfig {
  const kernel = tf.getKernel(kernelName, 'wasm')
  if (kernel === undefined) throw new Error(`this TensorFlow.js has no wasm kernel ${kernelName}`)
  return kernel
}
