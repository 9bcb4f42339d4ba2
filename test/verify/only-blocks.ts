import { openHome, openStorage } from '../../storage/index.ts'
import type { ProvenBlocks } from './proven-blocks.ts'

/** A home that holds these blocks and nothing else. */
export async function homeOfBlocks(dir: string, blocks: ProvenBlocks): Promise<string> {
  const home = await openHome(dir, { create: true })
  const storage = await openStorage({ home })
  for (const { cid, bytes } of blocks.values()) await storage.putBlock(cid, bytes)
  await storage.close()
  await home.close()
  return dir
}
