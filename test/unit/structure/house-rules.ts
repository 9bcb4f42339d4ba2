import { importsOf, type Source } from './imports.ts'

/** Names that say nothing about what is inside (CONVENTIONS, files and names). */
const EMPTY_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc'])

/** Folders that `node` wires together and that never know of it. */
const INNER_FOLDERS = new Set(['protocols', 'storage', 'bootstrap'])

/** What only `storage` knows. */
const STORAGE_PACKAGES = /^(helia|@helia\/.*|blockstore-.*|datastore-.*|interface-blockstore)$/

/** What protocols do without: files, Helia, TensorFlow. */
const FOREIGN_TO_PROTOCOLS = /^(node:fs(\/.*)?|helia|@helia\/.*|@tensorflow\/.*)$/

/** Who knows of simulation: itself, its verb, and the demo for the baselines alone. No peer carries what attackers do. */
const SIMULATION = 'node/simulate/'
const SIMULATE_VERB = /^node\/commands\/(simulate|simulate-options|simulate-consensus|simulate-replay|read-study)\.ts$/
const BASELINES = 'node/simulate/baselines/index.ts'

/** What the rest may import of storage; formats are bytes alone, and come without Helia. */
const STORAGE_FACES = new Set(['storage/index.ts', 'storage/formats/index.ts'])

/** The one reader of environment variables. */
const CONFIG = 'node/config.ts'

/** How a source breaks the rules of the house (DESIGN 2, CONVENTIONS); empty for one that keeps them. */
export function violations(source: Source): string[] {
  const { path, text } = source
  const found = importsOf(source).flatMap((imported) => importViolation(path, imported) ?? [])
  if (path !== CONFIG && /\bprocess\.env\b/.test(text)) found.push(`reads process.env, which only ${CONFIG} may`)
  const empty = path.split('/').find((part) => EMPTY_NAMES.has(part.replace(/\..*$/, '')))
  if (empty !== undefined) found.push(`is called ${empty}, which says nothing`)
  return found.map((what) => `${path} ${what}`)
}

function importViolation(path: string, imported: string): string | undefined {
  const [from] = path.split('/')
  const [to] = imported.split('/')
  if (INNER_FOLDERS.has(from!) && to === 'node') return `imports ${imported}: imports point inwards`
  if (from === 'protocols' && (to === 'storage' || to === 'bootstrap'))
    return `imports ${imported}: protocols know none`
  if (from === 'protocols' && FOREIGN_TO_PROTOCOLS.test(imported)) return `imports ${imported}`
  if (imported.startsWith(SIMULATION) && !mayKnowSimulation(path, imported)) {
    return `imports ${imported}, which only simulate may`
  }
  if (from !== 'storage' && STORAGE_PACKAGES.test(imported)) return `imports ${imported}, which only storage may`
  if (to === 'protocols' && !isFace(imported) && !isSameFolder(path, imported)) {
    return `imports ${imported}, the inside of another protocol`
  }
  if (to === 'storage' && from !== 'storage' && !STORAGE_FACES.has(imported)) {
    return `imports ${imported}, the inside of storage`
  }
  return undefined
}

function mayKnowSimulation(path: string, imported: string): boolean {
  if (path.startsWith(SIMULATION) || SIMULATE_VERB.test(path)) return true
  return path.startsWith('node/demo/') && imported === BASELINES
}

/** A protocol's `index.ts`, or a file that all protocols share. */
function isFace(imported: string): boolean {
  return imported.endsWith('/index.ts') || imported.split('/').length === 2
}

function isSameFolder(path: string, imported: string): boolean {
  return path.split('/').slice(0, 2).join('/') === imported.split('/').slice(0, 2).join('/')
}
