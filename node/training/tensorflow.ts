/**
 * The part of TensorFlow.js that is used here. Its own declarations do not compile with `skipLibCheck: false`: they
 * name `Long` and `EmscriptenModule` without importing them and redeclare WebGPU's types, which the DOM library has.
 * So modules are imported by resolved address, which TypeScript does not follow, and typed as this.
 */
export interface TensorFlow {
  readonly version_core: string
  readonly backend_util: {
    /** Shapes and padding of a convolution; images come with their rows, [rows, height, width, channels]. */
    computeConv2DInfo(
      images: readonly number[],
      kernel: readonly number[],
      strides: unknown,
      dilations: unknown,
      pad: unknown,
      dimRoundingMode: unknown
    ): ConvGeometry
    computePool2DInfo(
      images: readonly number[],
      size: unknown,
      strides: unknown,
      dilations: unknown,
      pad: unknown,
      dimRoundingMode: unknown
    ): ConvGeometry
  }
  tensor(values: Float32Array, shape: readonly number[]): Tensor
  tensor1d(values: Float32Array): Tensor
  tensor2d(values: Float32Array, shape: [number, number]): Tensor
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor
  add(a: Tensor, b: Tensor): Tensor
  mul(a: Tensor, b: Tensor): Tensor
  sum(x: Tensor): Tensor
  relu(x: Tensor): Tensor
  reshape(x: Tensor, shape: readonly number[]): Tensor
  conv2d(x: Tensor, kernel: Tensor, strides: readonly [number, number], pad: string): Tensor
  maxPool(x: Tensor, size: readonly [number, number], strides: readonly [number, number], pad: string): Tensor
  avgPool(x: Tensor, size: readonly [number, number], strides: readonly [number, number], pad: string): Tensor
  readonly fused: {
    /** A convolution with its bias in one pass. */
    conv2d(call: {
      readonly x: Tensor
      readonly filter: Tensor
      readonly strides: readonly [number, number]
      readonly pad: string
      readonly bias?: Tensor
    }): Tensor
  }
  engine(): { runKernel(name: string, inputs: Record<string, TensorInfo>, attrs: Record<string, unknown>): Tensor }
  /** Runs `work` and disposes every tensor that it made. */
  tidy<T>(work: () => T): T
  memory(): { readonly numTensors: number; readonly numBytes: number }
  enableProdMode(): void
  setBackend(name: string): Promise<boolean>
  getBackend(): string
  /** A backend that has started. */
  findBackend(name: string): KernelBackend
  getKernel(kernelName: string, backendName: string): KernelConfig | undefined
  registerKernel(config: KernelConfig): void
  unregisterKernel(kernelName: string, backendName: string): void
}

export interface Tensor extends TensorInfo {
  /** On the cpu backend this is the tensor's own memory, elsewhere a copy. */
  dataSync(): Float32Array
  dispose(): void
}

/** What kernels pass around: a handle on the backend's data, and its shape. */
export interface TensorInfo {
  readonly dataId: object
  readonly shape: number[]
  readonly dtype: string
}

export interface ConvGeometry {
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly padInfo: Readonly<Record<'top' | 'bottom' | 'left' | 'right', number>>
}

export interface KernelConfig {
  readonly kernelName: string
  readonly backendName: string
  readonly setupFunc?: (backend: KernelBackend) => void
  readonly kernelFunc: (call: KernelCall) => TensorInfo
}

export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>
  readonly attrs: Readonly<Record<string, unknown>>
  readonly backend: KernelBackend
}

export interface KernelBackend {
  disposeData(dataId: object): boolean
  /** On the cpu backend this is the data's own memory, elsewhere a copy. */
  readSync(dataId: object): Float32Array
  /** Data of a backend that keeps them outside JavaScript; wasm has this. */
  makeOutput(shape: number[], dtype: string, memoryOffset: undefined, values: Float32Array): TensorInfo
  /** Arrays that the backend holds, those that belong to no tensor included. */
  numDataIds(): number
}
