import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Home, SafetensorsError, writeFileAtomic } from '../../storage/index.ts'
import type { VectorWorker } from '../vectors/index.ts'
import { decodeWeights, encodeWeights, InconsistentRunError, type RunFiles } from './run-files.ts'

const FOLDER = 'personal'

/** The model that a peer keeps to itself in one run, as safetensors under `personal/` in its home. Nothing sends it. */
export class PersonalFile {
  readonly path: string
  readonly #run: Pick<RunFiles, 'topology'>

  constructor(home: Pick<Home, 'path'>, run: Pick<RunFiles, 'id' | 'topology'>) {
    this.path = pathOf(home, run.id.toString())
    this.#run = run
  }

  /** Replaces the file; nothing in a run that shares everything. */
  async saveFrom(vectors: Pick<VectorWorker, 'personalModel'>): Promise<void> {
    const model = await vectors.personalModel()
    if (model === undefined) return
    await mkdir(dirname(this.path), { recursive: true })
    await writeFileAtomic(this.path, encodeWeights(this.#run.topology, model))
  }

  /** Shape [N]; undefined where there is none. Throws SafetensorsError, InconsistentRunError for a damaged one. */
  async read(): Promise<Float32Array | undefined> {
    try {
      return decodeWeights(this.#run.topology, await readFile(this.path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
  }

  /** Goes on with what an earlier start left. A damaged file is told of and ignored: the model is learnt anew. */
  async restoreTo(vectors: Pick<VectorWorker, 'restorePersonal'>, onNotice: (message: string) => void): Promise<void> {
    try {
      const model = await this.read()
      if (model !== undefined) await vectors.restorePersonal(model)
    } catch (error) {
      if (!(error instanceof SafetensorsError || error instanceof InconsistentRunError)) throw error
      onNotice(`${this.path} is damaged and was ignored: the personal model begins anew (${error.message})`)
    }
  }
}

/** Removes the personal model of a run. */
export async function removePersonalFile(home: Pick<Home, 'path'>, run: string): Promise<void> {
  await rm(pathOf(home, run), { force: true })
}

function pathOf(home: Pick<Home, 'path'>, run: string): string {
  return home.path(FOLDER, `${run}.safetensors`)
}
