import { readFile, rm } from 'node:fs/promises'
import { type CheckpointNews, parseCheckpointNews } from '../../protocols/envelope/index.ts'
import { type Home, makeFolder, writeFileAtomic } from '../../storage/index.ts'

const FOLDER = 'announced'

/**
 * The sealed announcement of the newest checkpoint of a run that is kept here, under `announced/` in the home: a peer that
 * starts again can tell newcomers of it at once, although nobody who trains is left to announce another.
 */
export class AnnouncedFile {
  readonly #home: Home
  readonly #run: string

  constructor(home: Home, run: string) {
    this.#home = home
    this.#run = run
  }

  /** Undefined where there is none, or it is damaged. */
  async load(): Promise<CheckpointNews | undefined> {
    try {
      return await parseCheckpointNews(await readFile(pathOf(this.#home, this.#run)))
    } catch {
      return undefined
    }
  }

  /** Throws the file system's error. */
  async save({ bytes }: CheckpointNews): Promise<void> {
    await makeFolder(this.#home.path(FOLDER))
    await writeFileAtomic(pathOf(this.#home, this.#run), bytes)
  }
}

export async function removeAnnounced(home: Pick<Home, 'path'>, run: string): Promise<void> {
  await rm(pathOf(home, run), { force: true })
}

function pathOf(home: Pick<Home, 'path'>, run: string): string {
  return home.path(FOLDER, `${run}.checkpoint`)
}
