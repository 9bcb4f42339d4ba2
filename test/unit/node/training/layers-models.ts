/** Models that are no plain stacks, written as TensorFlow.js and Keras write them; six values a row, three classes. */

interface Entry {
  readonly class_name: string
  readonly name: string
  readonly config: Record<string, unknown>
  readonly inbound_nodes?: unknown
}

export const layer = (class_name: string, name: string, config: Record<string, unknown> = {}): Entry => ({
  class_name,
  name,
  config: { name, ...config }
})

const output = layer('Dense', 'last', { units: 3, activation: 'softmax' })

/** `layers` between an input of six values and a softmax over three classes. */
export function sequential(...layers: readonly Entry[]): unknown {
  return endingIn(...layers, output)
}

/** `layers` behind an input of six values. */
export function endingIn(...layers: readonly Entry[]): unknown {
  const input = layer('InputLayer', 'input', { batch_input_shape: [null, 6] })
  return { modelTopology: { class_name: 'Sequential', config: { name: 'm', layers: [input, ...layers] } } }
}

/** A graph: each layer with the names of those that it reads. */
export function functional(layers: readonly (readonly [Entry, ...string[]])[], end = 'last'): unknown {
  const wired = layers.map(([entry, ...inputs]) => ({
    ...entry,
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((name) => [name, 0, 0, {}])]
  }))
  const input = layer('InputLayer', 'input', { batch_input_shape: [null, 6] })
  return {
    modelTopology: {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [{ ...input, inbound_nodes: [] }, ...wired],
        input_layers: [['input', 0, 0]],
        output_layers: [[end, 0, 0]]
      }
    }
  }
}

const steps = layer('Reshape', 'steps', { target_shape: [3, 2] })
const image = layer('Reshape', 'image', { target_shape: [2, 3, 1] })
const flat = layer('Flatten', 'flat')
const dense = (name: string, activation: string) => layer('Dense', name, { units: 5, activation })

/** By what they show; all of them train on wasm. */
export const MODELS: Readonly<Record<string, unknown>> = {
  activations: sequential(dense('elu', 'elu'), dense('tanh', 'tanh'), dense('sigmoid', 'sigmoid')),
  'layer normalisation': sequential(dense('a', 'linear'), layer('LayerNormalization', 'norm', { axis: -1 })),
  'an LSTM': sequential(steps, layer('LSTM', 'lstm', { units: 4, unit_forget_bias: true })),
  'a GRU both ways': sequential(
    steps,
    layer('Bidirectional', 'both', {
      layer: layer('GRU', 'gru', { units: 3, return_sequences: true }),
      merge_mode: 'concat'
    }),
    layer('GlobalAveragePooling1D', 'mean')
  ),
  'a convolution with a global pool': sequential(
    image,
    layer('Conv2D', 'conv', { filters: 4, kernel_size: [2, 2], padding: 'same', activation: 'relu' }),
    layer('GlobalAveragePooling2D', 'mean')
  ),
  'a convolution over time': sequential(
    layer('Reshape', 'line', { target_shape: [6, 1] }),
    layer('Conv1D', 'conv', { filters: 4, kernel_size: 3, activation: 'selu' }),
    layer('MaxPooling1D', 'pool', { pool_size: 2 }),
    flat
  ),
  dropout: sequential(dense('a', 'tanh'), layer('Dropout', 'drop', { rate: 0.4 })),
  'a model in a model': sequential(
    layer('Sequential', 'inner', {
      layers: [layer('Dense', 'a', { units: 5, batch_input_shape: [null, 6] }), layer('PReLU', 'prelu')]
    })
  ),
  'a graph with a shortcut': functional([
    [dense('a', 'relu'), 'input'],
    [dense('b', 'tanh'), 'a'],
    [layer('Add', 'sum'), 'a', 'b'],
    [layer('Concatenate', 'all', { axis: -1 }), 'sum', 'input'],
    [output, 'all']
  ])
}
