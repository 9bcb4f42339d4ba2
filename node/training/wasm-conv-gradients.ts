import type { ConvGeometry, KernelBackend, KernelCall, KernelConfig, TensorFlow, TensorInfo } from './tensorflow.ts'

type Kernel = KernelConfig['kernelFunc']

/**
 * Both gradients of a convolution are convolutions themselves, so they run on wasm's fast forward kernel, which keeps
 * its speed. For images [rows, height, width, channels], kernels [height, width, in, out], dilation 1.
 */
export function createConvGradients(
  tf: TensorFlow,
  stockInputGradient: KernelConfig
): { readonly kernelGradient: Kernel; readonly inputGradient: Kernel } {
  /** The channels of x act as its rows, its rows as channels, dy is the kernel, and the stride becomes a dilation. */
  function kernelGradient({ inputs, attrs, backend }: KernelCall): TensorInfo {
    const [x, dy] = [inputs.x!, inputs.dy!]
    const filterShape = attrs.filterShape as number[]
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry(tf, x.shape, filterShape, attrs)
    return withScratch(tf, backend, (call) => {
      const { top, bottom, left, right } = padInfo
      const padded = call('PadV2', { x }, pad([top, bottom], [left, right]))
      const rowsLast = call('Transpose', { x: padded }, { perm: [3, 1, 2, 0] })
      const filter = call('Transpose', { x: dy }, { perm: [1, 2, 0, 3] })
      const dilations = [strideHeight, strideWidth]
      const gradient = call('Conv2D', { x: rowsLast, filter }, { ...VALID, strides: 1, dilations })
      // Steps that do not fill the image leave rows and columns over at its end.
      const size = [filterShape[2]!, filterHeight, filterWidth, filterShape[3]!]
      const exact = call('Slice', { x: gradient }, { begin: [0, 0, 0, 0], size })
      return call('Transpose', { x: exact }, { perm: [1, 2, 0, 3] })
    })
  }

  /** dy, padded, convolved with the kernel turned by 180 degrees. Strides above 1 keep the stock kernel. */
  function inputGradient(kernelCall: KernelCall): TensorInfo {
    const { inputs, attrs, backend } = kernelCall
    const [dy, filter] = [inputs.dy!, inputs.filter!]
    const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry(
      tf,
      attrs.inputShape as number[],
      filter.shape,
      attrs
    )
    if (strideHeight !== 1 || strideWidth !== 1) return stockInputGradient.kernelFunc(kernelCall)
    return withScratch(tf, backend, (call) => {
      const { top, bottom, left, right } = padInfo
      const [height, width] = [filterHeight - 1, filterWidth - 1]
      const padded = call('PadV2', { x: dy }, pad([height - top, height - bottom], [width - left, width - right]))
      const turned = call('Reverse', { x: filter }, { dims: [0, 1] })
      const outputsFirst = call('Transpose', { x: turned }, { perm: [0, 1, 3, 2] })
      return call('Conv2D', { x: padded, filter: outputsFirst }, { ...VALID, strides: 1, dilations: 1 })
    })
  }

  return { kernelGradient, inputGradient }
}

const VALID = { pad: 'valid', dataFormat: 'NHWC', dimRoundingMode: undefined }

type KernelRunner = (name: string, inputs: KernelCall['inputs'], attrs: KernelCall['attrs']) => TensorInfo

/** Runs kernels on raw data, which no tidy sees, and frees all results but the last. */
function withScratch(tf: TensorFlow, backend: KernelBackend, work: (call: KernelRunner) => TensorInfo): TensorInfo {
  const made: TensorInfo[] = []
  const result = work((name, inputs, attrs) => {
    const output = tf.getKernel(name, 'wasm')!.kernelFunc({ inputs, attrs, backend })
    made.push(output)
    return output
  })
  for (const { dataId } of made) if (dataId !== result.dataId) backend.disposeData(dataId)
  return result
}

function geometry(tf: TensorFlow, x: number[], filter: number[], attrs: KernelCall['attrs']): ConvGeometry {
  return tf.backend_util.computeConv2DInfo(x, filter, attrs.strides, 1, attrs.pad, attrs.dimRoundingMode)
}

function pad(rows: [number, number], columns: [number, number]): KernelCall['attrs'] {
  return { paddings: [[0, 0], rows, columns, [0, 0]], constantValue: 0 }
}
