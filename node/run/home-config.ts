import { applyEdits, modify } from 'jsonc-parser'
import { type Home, writeFileAtomic } from '../../storage/index.ts'
import { CONFIG_FILE, REMEMBERED_KEY, type Remembered, readConfigFile } from '../config.ts'

/** What a home remembers between commands; empty when there is nothing. Throws ConfigError. */
export async function readHomeConfig(home: Home): Promise<Remembered> {
  return (await readConfigFile(home.path(CONFIG_FILE))).remembered
}

/**
 * Writes it beside the owner's settings in the home's file, which keep their words, order and spacing. Nothing is
 * written where nothing changes. Throws ConfigError.
 */
export async function writeHomeConfig(home: Home, config: Remembered): Promise<void> {
  const path = home.path(CONFIG_FILE)
  const { text, remembered } = await readConfigFile(path)
  if (JSON.stringify(remembered) === JSON.stringify(config)) return
  await writeFileAtomic(path, [Buffer.from(withRemembered(text, config))])
}

function withRemembered(text: string, config: Remembered): string {
  if (text.trim() === '') return `${JSON.stringify({ [REMEMBERED_KEY]: config }, null, 2)}\n`
  const pretty = JSON.stringify(config, null, 2).replaceAll('\n', '\n  ')
  // Without format options nothing but the edit itself is touched; what is inserted gets its lines here.
  const edits = modify(text, [REMEMBERED_KEY], config, {}).map(({ offset, length, content }) => {
    const isNew = length === 0
    const isLineEnded = !isNew || text.startsWith('\n', offset)
    const lines = content.replace(JSON.stringify(config), pretty)
    return { offset, length, content: `${isNew ? lines.replace(/^,?/, '$&\n  ') : lines}${isLineEnded ? '' : '\n'}` }
  })
  return applyEdits(text, edits)
}

/** Remembers that a run is in a network, for the invites that this home makes. */
export async function rememberRun(home: Home, run: string, network: string): Promise<void> {
  const config = await readHomeConfig(home)
  await writeHomeConfig(home, { ...config, network, networks: { ...config.networks, [run]: network } })
}

/** Forgets a run: an expired invite to it counts as one for a newcomer again. */
export async function forgetRun(home: Home, run: string): Promise<void> {
  const config = await readHomeConfig(home)
  const { [run]: _, ...networks } = config.networks ?? {}
  await writeHomeConfig(home, { ...config, networks })
}
