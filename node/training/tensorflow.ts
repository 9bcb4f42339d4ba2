/**
 * The part of TensorFlow.js that is used here. Its own declarations do not compile with `skipLibCheck: false`: they
 * name `Long` and `EmscriptenModule` without importing them and redeclare WebGPU's types, which the DOM library has.
 * So modules are imported by resolved address, which TypeScript does not follow, and typed as this.
 */
export interface TensorFlow {
  readonly version_core: string
  tensor1d(values: Float32Array): Tensor
  tensor2d(values: Float32Array, shape: [number, number]): Tensor
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor
  add(a: Tensor, b: Tensor): Tensor
  relu(x: Tensor): Tensor
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
  /** Arrays that the backend holds, those that belong to no tensor included. */
  numDataIds(): number
}
