import type { NamedFile, Tensor } from '../../storage/formats/index.ts'
import type { ModelCard } from './model-card.ts'
import type { PortableModel } from './portable-model.ts'

/** A format of model files. Each is one file here, named in the table of `formats.ts`. */
export interface ModelFormat {
  /** What `--format` calls it. */
  readonly name: string
  /** How the names of its files end; of several files that of the one which names the others. */
  readonly ending: string
  /** The files of a model, the one called `name` last. Throws NotExportableError. */
  encode(model: PortableModel, name: string): readonly NamedFile[] | Promise<readonly NamedFile[]>
  /** Reads a file that a stranger may have made, of the bytes given. Throws the format's own errors, ModelCardError. */
  decode(bytes: Uint8Array, path: string): ModelFileContents | Promise<ModelFileContents>
}

/** What a file was found to hold. */
export interface ModelFileContents {
  readonly tensors: readonly Tensor[]
  /** What the file says of itself; absent in files that others wrote. */
  readonly card?: ModelCard
  /** Class and configuration of the model, where the file has them. */
  readonly model?: object
}
