import { pipeline } from 'node:stream/promises'
import { downloadControl } from '../control/control-client.ts'
import { reachHome } from './reach-home.ts'
import { withHomeStorage } from './with-home-storage.ts'

/** Standard output instead of a file. */
const STDOUT = '-'

interface ExportCarOptions {
  readonly home: string
  /** A file, written whole or not at all, or `-`. */
  readonly output: string
}

/**
 * Writes a CID of a home, with all that it links to, as a CAR archive, whether or not the home's peer runs: what
 * `starling export CID --format car` does. Throws InvalidCidError, NotExportableError, the file's error.
 */
export async function exportCar(root: string, { home, output }: ExportCarOptions): Promise<{ bytes: number }> {
  let bytes = 0
  const write = async (archive: AsyncIterable<Uint8Array>) => {
    const { writeFileAtomic } = await import('../../storage/index.ts')
    const counted = async function* () {
      for await (const part of archive) {
        bytes += part.byteLength
        yield part
      }
    }
    if (output === STDOUT) await pipeline(counted, process.stdout, { end: false })
    else await writeFileAtomic(output, counted())
  }
  await reachHome({
    running: () => downloadControl(home, `/cars/${encodeURIComponent(root)}`, write),
    alone: () =>
      withHomeStorage(home, async (storage) => {
        const { exportArchive } = await import('../run/car-archives.ts')
        await write(exportArchive(storage, root))
      })
  })
  return { bytes }
}
