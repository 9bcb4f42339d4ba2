import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** Verbs that read a setting; `all` is every verb that has the option. */
type Verbs = readonly string[] | 'all'

/** One thing that a user may settle once instead of at every call. */
export interface Setting {
  readonly schema: z.ZodType<string | number>
  /** What a value must be, for messages and the table. */
  readonly expected: string
  readonly description: string
  /** Absent where the program decides; `defaultText` says how. */
  readonly default?: string | number
  readonly defaultText?: string
  readonly verbs: Verbs
  /** A path in the file is relative to the file. */
  readonly isPath?: true
}

const PATH = { schema: z.string().min(1), expected: 'a path', isPath: true } as const

function wholeNumber(least: number, most: number) {
  return { schema: z.int().min(least).max(most), expected: `a whole number from ${least} to ${most}` }
}

function oneOf(...words: readonly string[]) {
  return { schema: z.enum(words), expected: `one of ${words.join(', ')}` }
}

/** A bound of a resource: a number, or a number with a unit; the verb's option says which units. */
const AMOUNT = { schema: z.union([z.number().positive(), z.string().regex(/^[0-9.]+ ?[%A-Za-z/]*$/)]) }

/**
 * Every setting, by its key in the file. The option of a verb is the same word after two dashes (`waitForLinks`:
 * `--wait-for-links`), the variable the same in capitals (`STARLING_WAIT_FOR_LINKS`).
 */
export const SETTINGS = {
  home: { ...PATH, description: "the peer's directory", default: join(homedir(), '.starling'), verbs: 'all' },
  listen: {
    schema: z.string().regex(/^\/[a-z0-9]+\/.+$/),
    expected: 'a multiaddr such as /ip4/0.0.0.0/tcp/4801',
    description: 'where the peer listens; port 0 is a free port, the same at every start',
    defaultText: 'a free port on all interfaces, kept in the home',
    verbs: ['init', 'create', 'join', 'start', 'preview', 'invite']
  },
  network: {
    schema: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    expected: 'a name of small letters, digits and dashes',
    description: 'name of the network that new runs belong to',
    default: 'public',
    verbs: ['create', 'preview']
  },
  data: { ...PATH, description: 'own rows to train on', verbs: ['join'] },
  test: { ...PATH, description: 'rows to measure on instead of a held-out part of the own', verbs: ['join'] },
  seed: {
    ...wholeNumber(0, 0xffff_ffff),
    description: 'decides the order of rows and what is held out',
    default: 1,
    verbs: ['join']
  },
  engine: {
    ...oneOf('wasm', 'cpu'),
    description: 'what computes: WebAssembly or pure JavaScript',
    defaultText: 'wasm where it starts',
    verbs: ['join']
  },
  waitForLinks: {
    ...wholeNumber(0, 64),
    description: 'neighbours to wait for before the first round',
    default: 1,
    verbs: ['join']
  },
  waitSeconds: { ...wholeNumber(0, 86_400), description: 'longest wait for them', default: 60, verbs: ['join'] },
  lingerSeconds: {
    ...wholeNumber(0, 86_400),
    description: 'how long to serve after the end, for neighbours that are behind',
    default: 15,
    verbs: ['join']
  },
  maxUpload: {
    ...AMOUNT,
    expected: 'a rate such as 500kB/s or 10Mbit/s',
    description: 'most that the peer sends',
    defaultText: 'no limit',
    verbs: ['join', 'start']
  },
  policy: {
    schema: z.string().regex(/^(latest|all|(last|every):[1-9]\d{0,7})$/),
    expected: 'latest, last:N, every:N or all',
    description: 'checkpoints that a pinner keeps of each run',
    default: 'last:3',
    verbs: ['start']
  },
  quota: {
    schema: z.string().regex(/^[0-9.]+ ?[kMGT]i?B$/),
    expected: 'bytes with their unit such as 10GiB',
    description: 'most that all blocks of a pinner take on the disk',
    default: '10GiB',
    verbs: ['start']
  },
  pinningApi: {
    schema: z.string().regex(/:\d{1,5}$/),
    expected: 'a host and a port such as 127.0.0.1:5005',
    description: 'where a pinner offers the IPFS Pinning Service API',
    defaultText: 'not at all',
    verbs: ['start']
  },
  maxCpu: {
    ...AMOUNT,
    expected: 'a share of one core such as 50% or 150%',
    description: 'most that the peer computes',
    defaultText: 'no limit',
    verbs: ['join', 'start']
  },
  hours: {
    schema: z.string().regex(/^\d{1,2}:\d{2}-\d{1,2}:\d{2}(, ?\d{1,2}:\d{2}-\d{1,2}:\d{2})*$/),
    expected: 'times of day such as 20:00-06:00, several with commas',
    description: 'when the peer trains, local time',
    defaultText: 'always',
    verbs: ['join', 'start']
  },
  logLevel: {
    ...oneOf('debug', 'info', 'warn', 'error'),
    description: 'least important lines to log',
    default: 'info',
    verbs: ['join', 'start']
  }
} as const satisfies Readonly<Record<string, Setting>>

export type SettingKey = keyof typeof SETTINGS

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

export const VARIABLE_PREFIX = 'STARLING_'

/** `waitForLinks` as the environment spells it. */
export function variableOf(key: SettingKey): string {
  return `${VARIABLE_PREFIX}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** `waitForLinks` as the command line spells it. */
export function flagOf(key: SettingKey): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** True for a setting that the verb reads. */
export function isReadBy(key: SettingKey, verb: string): boolean {
  const { verbs }: Setting = SETTINGS[key]
  return verbs === 'all' || verbs.includes(verb)
}
