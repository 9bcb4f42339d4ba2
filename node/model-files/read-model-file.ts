import { readFile, stat } from 'node:fs/promises'
import { MAX_PARAMETERS } from '../../protocols/envelope/index.ts'
import { UndescribedModelError, UnreadableModelError } from './errors.ts'
import { formatOf } from './formats.ts'
import type { ModelFileContents } from './model-format.ts'
import { assembleModel, type PortableModel } from './portable-model.ts'

/** As many float32 as a model may have, and as much again for whoever saves float64, with room for what describes them. */
const MAX_FILE_BYTES = 8 * MAX_PARAMETERS + 64 * 1024 * 1024

/** Reads what a model file holds, ours or another's. Throws UnknownModelFormatError, UnreadableModelError, its own errors. */
export async function readModelFile(path: string): Promise<ModelFileContents> {
  const format = await formatOf(path)
  const bytes = await readBytes(path)
  try {
    return await format.decode(bytes, path)
  } catch (cause) {
    const { message } = cause as Error
    // Errors of arrays name the file themselves, and what is wrong with a model's layers is no damage.
    if (message.includes(path) || cause instanceof UnreadableModelError) throw cause
    throw new UnreadableModelError(path, message, cause)
  }
}

/** Opens a model that `starling export` wrote. Throws UndescribedModelError, and as `readModelFile` and `assembleModel`. */
export async function openModelFile(path: string): Promise<PortableModel> {
  const { tensors, card, model } = await readModelFile(path)
  if (card === undefined || model === undefined) throw new UndescribedModelError(path)
  const { task, run, checkpoint, round } = card
  const origin = {
    ...(run === undefined ? {} : { run }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(round === undefined ? {} : { round })
  }
  return assembleModel({ task, model, tensors, origin }, path)
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const stats = await stat(path)
    if (!stats.isFile()) throw new UnreadableModelError(path, 'it is not a file')
    if (stats.size > MAX_FILE_BYTES) {
      throw new UnreadableModelError(path, `it has ${stats.size} bytes, at most ${MAX_FILE_BYTES} are read`)
    }
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof UnreadableModelError) throw cause
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    throw new UnreadableModelError(path, code === 'ENOENT' ? 'there is no such file' : String(code ?? cause), cause)
  }
}
