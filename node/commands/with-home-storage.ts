import type { Storage } from '../../storage/index.ts'

/** Opens the storage of a home that no peer runs in, without a network. Throws what opening a home throws. */
export async function withHomeStorage<T>(home: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const { openHome, openStorage } = await import('../../storage/index.ts')
  const opened = await openHome(home)
  try {
    const storage = await openStorage({ home: opened })
    try {
      return await work(storage)
    } finally {
      await storage.close()
    }
  } finally {
    await opened.close()
  }
}
