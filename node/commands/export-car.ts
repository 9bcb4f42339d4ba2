import { pipeline } from 'node:stream/promises'
import { downloadControl } from '../control/control-client.ts'
import { UsageError } from './exit.ts'
import { reachHome } from './reach-home.ts'
import { withHomeStorage } from './with-home-storage.ts'

/** What `--format` calls an archive: a CID with all that it links to, as it is kept, rather than a model. */
export const CAR_FORMAT = 'car'

/** Standard output instead of a file. */
const STDOUT = '-'

/** `starling export CID --format car`. Throws as `exportCar`, and OutputExistsError. */
export async function exportCarFile(
  root: string,
  { home, output = `${root}.car`, ...options }: CarFileOptions
): Promise<void> {
  const isJson = options.json === true
  if (isJson && output === STDOUT) throw new UsageError('the archive goes to standard output: leave --json out')
  if (output !== STDOUT && options.force !== true) {
    const { requireFree } = await import('../model-files/index.ts')
    await requireFree(output)
  }
  const { bytes } = await exportCar(root, { home, output })
  if (isJson)
    process.stdout.write(`${JSON.stringify({ format: CAR_FORMAT, root, files: [{ path: output, bytes }] })}\n`)
  else if (output !== STDOUT) process.stdout.write(`wrote ${output} (${bytes} bytes)\n`)
}

interface CarFileOptions {
  readonly home: string
  /** Default: named after the CID. */
  readonly output?: string
  /** Writes over a file that is there. */
  readonly force?: boolean
  readonly json?: boolean
}

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
    else await writeFileAtomic(output, counted()).catch((error) => explainOutput(output, error))
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

async function explainOutput(path: string, error: unknown): Promise<never> {
  const isOfFile = error instanceof Error && 'syscall' in error
  if (!isOfFile) throw error
  const { OutputError } = await import('../model-files/index.ts')
  throw new OutputError(path, error)
}
