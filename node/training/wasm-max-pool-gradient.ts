import type { ConvGeometry, KernelConfig, TensorFlow } from './tensorflow.ts'

/** Where a window lies in an image: the first row and column in it, and the first after it. */
interface Span {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/**
 * The gradient of max pooling on the host: to the first of the largest values of each window. The wasm kernel starts
 * its search at the smallest positive number, so of negative values it takes the first, not the largest
 * (TensorFlow.js 4.22; seen against pure JavaScript).
 */
export function createMaxPoolGradient(tf: TensorFlow): KernelConfig['kernelFunc'] {
  return ({ inputs, attrs, backend }) => {
    const [x, dy] = [inputs.input!, inputs.dy!]
    const { filterSize, strides, pad, dimRoundingMode } = attrs
    const geometry = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode)
    const [rows, height, width, channels] = x.shape as [number, number, number, number]
    const [, outHeight, outWidth] = dy.shape as [number, number, number, number]
    const values = backend.readSync(x.dataId)
    const gradients = backend.readSync(dy.dataId)
    const result = new Float32Array(values.length)
    const best = new Int32Array(channels)
    let at = 0
    for (let row = 0; row < rows; row++) {
      const image = row * height * width * channels
      for (let outY = 0; outY < outHeight; outY++) {
        for (let outX = 0; outX < outWidth; outX++) {
          findLargest(values, image, spanOf(outY, outX, geometry, height, width), width, best)
          for (let channel = 0; channel < channels; channel++) result[best[channel]!]! += gradients[at++]!
        }
      }
    }
    return backend.makeOutput(x.shape, 'float32', undefined, result)
  }
}

function spanOf(outY: number, outX: number, geometry: ConvGeometry, height: number, width: number): Span {
  const y = outY * geometry.strideHeight - geometry.padInfo.top
  const x = outX * geometry.strideWidth - geometry.padInfo.left
  return {
    top: Math.max(0, y),
    bottom: Math.min(height, y + geometry.filterHeight),
    left: Math.max(0, x),
    right: Math.min(width, x + geometry.filterWidth)
  }
}

/** Writes the place of each channel's largest value into `best`, shape [channels]; `image` is the image's first place. */
function findLargest(values: Float32Array, image: number, span: Span, width: number, best: Int32Array): void {
  const channels = best.length
  const first = image + (span.top * width + span.left) * channels
  for (let channel = 0; channel < channels; channel++) best[channel] = first + channel
  for (let y = span.top; y < span.bottom; y++) {
    let place = image + (y * width + span.left) * channels
    for (let x = span.left; x < span.right; x++) {
      for (let channel = 0; channel < channels; channel++, place++) {
        if (values[place]! > values[best[channel]!]!) best[channel] = place
      }
    }
  }
}
