import { createRandom } from '../../protocols/averaging/index.ts'
import type { ConvLayer, DenseLayer, StackLayer, StackTopology, Topology } from './topology.ts'

/** `initialWeights` for any model; those that are no plain stacks draw from their layers' own initialisers. */
export async function drawInitialWeights(topology: Topology, seed: number): Promise<Float32Array> {
  if (topology.type === 'stack') return initialWeights(topology, seed)
  const { drawLayersModelWeights } = await import('./layers-model.ts')
  return drawLayersModelWeights(topology, seed)
}

/**
 * Parameters to start a run from, the same for the same topology and seed on every machine; shape [parameterCount].
 * Kernels are uniform on ±limit, each from a stream of its own named after the weight; biases are zero.
 */
export function initialWeights(topology: StackTopology, seed: number): Float32Array {
  const parameters = new Float32Array(topology.parameterCount)
  const random = createRandom(seed)
  let offset = 0
  for (const layer of topology.layers.filter(hasWeights)) {
    const stream = random.fork(`${layer.name}/kernel`)
    const { fanIn, fanOut, units, kernelSize } = kernelOf(layer)
    const limit = uniformLimit(layer, fanIn, fanOut)
    const end = offset + kernelSize
    for (; offset < end; offset++) parameters[offset] = (2 * stream.next() - 1) * limit
    if (layer.useBias) offset += units
  }
  return parameters
}

function hasWeights(layer: StackLayer): layer is DenseLayer | ConvLayer {
  return layer.type === 'dense' || layer.type === 'conv'
}

/** Of a convolution, every place of the window counts as inputs and outputs of their own (as Keras counts). */
function kernelOf(layer: DenseLayer | ConvLayer) {
  if (layer.type === 'dense') {
    const { inputs, units } = layer
    return { fanIn: inputs, fanOut: units, units, kernelSize: inputs * units }
  }
  const places = layer.window.size[0] * layer.window.size[1]
  const [inputs, units] = [layer.input[2], layer.output[2]]
  return { fanIn: places * inputs, fanOut: places * units, units, kernelSize: places * inputs * units }
}

/** Keeps the variance of activations from layer to layer: He et al. 2015, eq. 10, or Glorot & Bengio 2010, eq. 16. */
function uniformLimit({ activation }: DenseLayer | ConvLayer, fanIn: number, fanOut: number): number {
  return activation === 'relu' ? Math.sqrt(6 / fanIn) : Math.sqrt(6 / (fanIn + fanOut))
}
