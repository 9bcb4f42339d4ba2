import type { Tensor, TensorFlow } from './tensorflow.ts'

/** The part of `@tensorflow/tfjs-layers` that is used here; typed by hand for the reason that `tensorflow.ts` gives. */
export interface LayersApi {
  readonly models: { modelFromJSON(model: object): Promise<LayersModel> }
  readonly layers: { readonly Layer: { readonly prototype: LayerPrototype } }
}

export interface LayersModel {
  readonly layers: readonly KerasLayer[]
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[]
  readonly outputs: readonly { readonly shape: readonly (number | null)[] }[]
  readonly trainableWeights: readonly LayerVariable[]
  apply(x: Tensor, options: { readonly training: boolean }): Tensor
}

export interface KerasLayer {
  readonly name: string
  /** Of a Dropout: decides what the next call drops; 0 would mean chance. */
  seed?: number
  /** Of a model inside the model. */
  readonly layers?: readonly KerasLayer[]
  readonly inboundNodes: readonly {
    readonly inputShapes: readonly (readonly (number | null)[])[]
    readonly outputShapes: readonly (readonly (number | null)[])[] | readonly (number | null)[]
  }[]
  getClassName(): string
  countParams(): number
}

export interface LayerVariable {
  /** The layer's name and the weight's, as a `model.json` lists it. */
  readonly originalName: string
  /** Unique in this process: the same layer built twice gets two. */
  readonly name: string
  readonly shape: readonly number[]
  readonly val: Variable
}

export interface Variable extends Tensor {
  readonly name: string
  assign(value: Tensor): void
}

/** Draws a weight's first values. Those that draw by chance look at `seed`. */
export interface Initializer {
  seed?: number
  readonly gain?: number
  getClassName?(): string
  apply(shape: readonly number[], dtype?: string): Tensor
}

type AddWeight = (
  this: KerasLayer,
  name: string,
  shape: readonly number[],
  dtype: string | undefined,
  initializer: Initializer,
  regularizer?: unknown,
  trainable?: boolean,
  ...others: readonly unknown[]
) => LayerVariable

interface LayerPrototype {
  addWeight: AddWeight
}

/** What automatic differentiation adds to the engine; its gradients are registered by the import of the layers. */
export interface DifferentiableTensorFlow extends TensorFlow {
  variableGrads(
    work: () => Tensor,
    variables: readonly Variable[]
  ): { readonly value: Tensor; readonly grads: Readonly<Record<string, Tensor | null>> }
  zeros(shape: readonly number[]): Tensor
}

/** Imported when a model needs it and not before: it takes 0.1 s and some 20 MB. */
export async function importLayers(): Promise<LayersApi> {
  return (await import(import.meta.resolve('@tensorflow/tfjs-layers'))) as LayersApi
}
