import { UnknownModelFormatError } from './errors.ts'
import type { ModelFormat } from './model-format.ts'

/** All formats, by what `--format` calls them; each is loaded when it is used. A new one is a file and a line here. */
const FORMATS: Readonly<Record<string, { readonly ending: string; load(): Promise<ModelFormat> }>> = {
  safetensors: {
    ending: '.safetensors',
    load: async () => (await import('./safetensors-format.ts')).safetensorsFormat
  },
  tfjs: { ending: '.json', load: async () => (await import('./tfjs-format.ts')).tfjsFormat },
  onnx: { ending: '.onnx', load: async () => (await import('./onnx-format.ts')).onnxFormat },
  npz: { ending: '.npz', load: async () => (await import('./npz-format.ts')).npzFormat }
}

/** What `--format` takes. */
export const MODEL_FORMATS: readonly string[] = Object.keys(FORMATS)

/** How names of model files end. */
export const MODEL_ENDINGS: readonly string[] = Object.values(FORMATS).map(({ ending }) => ending)

/** Whether a word of the command line means a model file, by its end. */
export function isModelFile(word: string): boolean {
  return MODEL_ENDINGS.some((ending) => word.endsWith(ending))
}

/** The format of that name. Throws UnknownModelFormatError for a name that is none of MODEL_FORMATS. */
export function formatNamed(name: string): Promise<ModelFormat> {
  const entry = FORMATS[name]
  if (entry === undefined) throw new RangeError(`${name} is no format`)
  return entry.load()
}

/** The format of a file, by its name. Throws UnknownModelFormatError. */
export function formatOf(path: string): Promise<ModelFormat> {
  const entry = Object.values(FORMATS).find(({ ending }) => path.endsWith(ending))
  if (entry === undefined) throw new UnknownModelFormatError(path, MODEL_ENDINGS)
  return entry.load()
}
