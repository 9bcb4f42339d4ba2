import type { KernelCall, KernelConfig, TensorFlow } from './tensorflow.ts'
import { createConvGradients } from './wasm-conv-gradients.ts'
import { createMaxPoolGradient } from './wasm-max-pool-gradient.ts'

/** TensorFlow.js has one kernel registry a thread, so what was replaced there is remembered here. */
const replacements = new WeakSet<KernelConfig['kernelFunc']>()

/**
 * Gives wasm what it lacks for training: a matrix product that is fast with transpose flags, the gradient of a
 * convolution's kernel, which it does not have, a fast one of its input, and a right one of max pooling.
 * Call after the wasm backend is imported and before it starts; calling again changes nothing.
 */
export function registerWasmTrainingKernels(tf: TensorFlow): void {
  const stock = requireKernel(tf, 'BatchMatMul')
  if (replacements.has(stock.kernelFunc)) return
  const multiply = createMatrixProduct(tf, stock)
  replacements.add(multiply)
  replaceKernel(tf, { ...stock, kernelFunc: multiply })
  const { kernelGradient, inputGradient } = createConvGradients(tf, requireKernel(tf, 'Conv2DBackpropInput'))
  replaceKernel(tf, { kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: kernelGradient })
  replaceKernel(tf, { ...requireKernel(tf, 'Conv2DBackpropInput'), kernelFunc: inputGradient })
  replaceKernel(tf, { ...requireKernel(tf, 'MaxPoolGrad'), kernelFunc: createMaxPoolGradient(tf) })
}

/**
 * Transposes first and multiplies then. The stock kernel is fast only without its transpose flags, and every gradient
 * of a dense layer sets one: the detour is about 8 times faster.
 */
function createMatrixProduct(tf: TensorFlow, stock: KernelConfig): KernelConfig['kernelFunc'] {
  const transpose = requireKernel(tf, 'Transpose')
  return ({ inputs, attrs, backend }: KernelCall) => {
    const { transposeA, transposeB } = attrs
    const swap = (x: KernelCall['inputs'][string]) =>
      transpose.kernelFunc({ inputs: { x }, attrs: { perm: swapLastTwo(x.shape.length) }, backend })
    const a = transposeA ? swap(inputs.a!) : inputs.a!
    const b = transposeB ? swap(inputs.b!) : inputs.b!
    const product = stock.kernelFunc({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend })
    if (transposeA) backend.disposeData(a.dataId)
    if (transposeB) backend.disposeData(b.dataId)
    return product
  }
}

/** Axes in order, the last two exchanged. */
function swapLastTwo(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis)
  axes.push(...axes.splice(-2).reverse())
  return axes
}

/** Unregistering what is not there would print a warning. */
function replaceKernel(tf: TensorFlow, config: KernelConfig): void {
  const { kernelName, backendName } = config
  if (tf.getKernel(kernelName, backendName) !== undefined) tf.unregisterKernel(kernelName, backendName)
  tf.registerKernel(config)
}

function requireKernel(tf: TensorFlow, kernelName: string): KernelConfig {
  const kernel = tf.getKernel(kernelName, 'wasm')
  if (kernel === undefined) throw new Error(`this TensorFlow.js has no wasm kernel ${kernelName}`)
  return kernel
}
