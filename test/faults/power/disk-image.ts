import { execFile, execFileSync } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { atExit } from '../at-exit.ts'

const run = promisify(execFile)

/** Room for a home of a small run; a copy takes tens of milliseconds. */
const IMAGE_MB = 96

/** Writes that were under way when the machine stopped are over after this, or the disk is busy with others'. */
const QUIET_MS = 5
const MAX_COPIES = 200

/**
 * An ext4 file system in a file, mounted through a loop device: what the kernel has written to the device is in the file,
 * what it still holds in memory is not. A copy of the file is what a power cut would leave.
 */
export class DiskImage {
  readonly path: string
  readonly folder: string
  #device: string | undefined
  #forget: () => void = () => {}

  private constructor(path: string, folder: string) {
    this.path = path
    this.folder = folder
  }

  /** Makes a file system at `path`, mounted at `folder`. Needs the rights to mount. */
  static async create(path: string, folder: string): Promise<DiskImage> {
    await writeFile(path, '')
    await truncate(path, IMAGE_MB * 1024 * 1024)
    await run('mkfs.ext4', ['-q', path])
    return DiskImage.mount(path, folder)
  }

  /** Mounts an image; the journal is replayed, as after a cut. */
  static async mount(path: string, folder: string): Promise<DiskImage> {
    const image = new DiskImage(path, folder)
    await mkdir(folder, { recursive: true })
    await run('mount', ['-o', 'loop', path, folder])
    const { stdout } = await run('findmnt', ['-n', '-o', 'SOURCE', folder])
    image.#device = basename(stdout.trim())
    // Lazily: a peer that holds something open there has been killed, and may take a moment to go.
    image.#forget = atExit(() => execFileSync('umount', ['-l', folder]))
    return image
  }

  /**
   * Copies what is on the device at this moment. Whoever writes to it must stand still; what the kernel writes by itself
   * meanwhile begins the copy anew, so that it is of one moment.
   */
  async cut(to: string): Promise<void> {
    for (let copies = 0; copies < MAX_COPIES; copies++) {
      const before = await this.#written()
      await copyFile(this.path, to)
      if ((await this.#written()) === before) return
      await delay(QUIET_MS)
    }
    throw new Error(`${this.path} is never still`)
  }

  async unmount(): Promise<void> {
    await run('umount', [this.folder])
    this.#forget()
    await rm(this.path, { force: true })
  }

  /** Writes completed and under way: the fifth, seventh and ninth field of the device's statistics. */
  async #written(): Promise<string> {
    const fields = (await readFile(`/sys/block/${this.#device}/stat`, 'utf8')).trim().split(/\s+/)
    return [fields[4], fields[6], fields[8]].join(' ')
  }
}

/** Whether this user may mount file systems on this machine; elsewhere no power can be cut. */
export async function canMount(folder: string): Promise<boolean> {
  try {
    const image = await DiskImage.create(`${folder}/probe.img`, `${folder}/probe`)
    await image.unmount()
    return true
  } catch {
    return false
  }
}
