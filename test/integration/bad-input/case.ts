import type { Finished } from '../starling.ts'
import type { Owner } from '../temporary-folder.ts'
import type { World } from './world.ts'

/** Where a command runs: its own home, and the owner that ends what it starts. */
export interface Place {
  readonly world: World
  readonly t: Owner
  /** A folder that no other case uses; not made yet. */
  readonly home: string
}

/** One input that goes wrong: a row of docs/bad-input.md, and a test. */
export interface BadInput {
  readonly input: string
  /** Exactly what is printed, names of files and what differs from time to time taken out: see `printed`. */
  readonly sentence: string
  readonly exitCode: number
  /** In words. */
  readonly state: string
  readonly play: (place: Place) => Promise<Finished>
  /** That the state is what the words say. */
  readonly check: (place: Place) => Promise<void>
}

/** Names that differ from run to run, and how they appear in the table. */
const PLACEHOLDERS: readonly (readonly [found: RegExp, shown: string])[] = [
  [/\b(bafy|bafk)[a-z2-7]{50,}/g, 'CID'],
  [/\b12D3Koo[1-9A-HJ-NP-Za-km-z]+/g, 'PEER'],
  [/\/ip4\/127\.0\.0\.1\/tcp\/\d+/g, 'ADDRESS'],
  [/\bADDRESS\/p2p\/PEER/g, 'ADDRESS'],
  [/\basked (\d+, PEER(, PEER)*)(?=\))/g, 'asked PEERS'],
  [/no peer is connected to ask/g, 'asked PEERS'],
  [/\baccuracy [\d.]+/g, 'accuracy N'],
  [/(?<=clock says )\S+(?=:)/g, 'TIME'],
  [/\bprocess \d+/g, 'process N'],
  [/\b(round|after) \d+( s)?\b/g, '$1 N$2'],
  [/\bwithin \d+ s\b/g, 'within N s'],
  [/\bheader ends at byte \d+, the file at \d+/g, 'header ends at byte N, the file at N']
]

/** A sentence as the table has it: paths without the test's folder, and names by what they are. */
export function printed(folder: string, text: string): string {
  const bare = text.replaceAll(`${folder}/`, '').replaceAll(folder, '.')
  return PLACEHOLDERS.reduce((line, [found, shown]) => line.replaceAll(found, shown), bare)
}

/**
 * What a command says: the one line that is no log line, or else the log's warnings and its last line, leaving out that a
 * run's checkpoint was sealed, which is so before or after the trainer itself is done.
 */
export function saidBy({ stderr }: Pick<Finished, 'stderr'>): string[] {
  const lines = stderr.split('\n').filter((line) => line !== '')
  const plain = lines.filter((line) => !line.startsWith('{'))
  if (plain.length > 0) return plain.map((line) => line.replace(/^starling: /, ''))
  const logged = lines.map((line) => JSON.parse(line) as { level: number; msg: string })
  const told = logged.filter(({ msg }) => !msg.startsWith('sealed checkpoint'))
  return told.filter(({ level }, at) => level >= WARNING || at === told.length - 1).map(({ msg }) => msg)
}

/** Of pino. */
const WARNING = 40
