import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Home, writeFileAtomic } from '../../storage/index.ts'

const FILE = 'config.json'

const schema = z.object({
  /** Multiaddr to listen on, the same at every start: invites name it. */
  listen: z.exactOptional(z.string()),
  network: z.exactOptional(z.string())
})

/** What a home remembers between commands. */
export type HomeConfig = z.infer<typeof schema>

/** The home's configuration file is damaged. */
export class HomeConfigError extends Error {
  override readonly name = 'HomeConfigError'
  readonly code = 'ERR_HOME_CONFIG'

  constructor(path: string, cause: unknown) {
    super(`${path} is not a valid configuration (${(cause as Error).message.split('\n')[0]}): mend or delete it`, {
      cause
    })
  }
}

/** Reads the home's configuration; empty when there is none. Throws HomeConfigError. */
export async function readHomeConfig(home: Home): Promise<HomeConfig> {
  const path = home.path(FILE)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new HomeConfigError(path, error)
  })
  return parseHomeConfig(path, text)
}

/** The configuration in the text of the file at `path`. Throws HomeConfigError. */
export function parseHomeConfig(path: string, text: string): HomeConfig {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new HomeConfigError(path, cause)
  }
}

export async function writeHomeConfig(home: Home, config: HomeConfig): Promise<void> {
  await writeFileAtomic(home.path(FILE), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)])
}
