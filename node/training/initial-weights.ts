import { createRandom } from '../../protocols/averaging/index.ts'
import type { DenseLayer, Topology } from './topology.ts'

/**
 * Parameters to start a run from, the same for the same topology and seed on every machine; shape [parameterCount].
 * Kernels are uniform on ±limit, each from a stream of its own named after the weight; biases are zero.
 */
export function initialWeights(topology: Topology, seed: number): Float32Array {
  const parameters = new Float32Array(topology.parameterCount)
  const random = createRandom(seed)
  let offset = 0
  for (const layer of topology.layers) {
    const stream = random.fork(`${layer.name}/kernel`)
    const limit = uniformLimit(layer)
    const end = offset + layer.inputs * layer.units
    for (; offset < end; offset++) parameters[offset] = (2 * stream.next() - 1) * limit
    if (layer.useBias) offset += layer.units
  }
  return parameters
}

/** Keeps the variance of activations from layer to layer: He et al. 2015, eq. 10, or Glorot & Bengio 2010, eq. 16. */
function uniformLimit({ activation, inputs, units }: DenseLayer): number {
  return activation === 'relu' ? Math.sqrt(6 / inputs) : Math.sqrt(6 / (inputs + units))
}
