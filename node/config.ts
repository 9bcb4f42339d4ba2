/**
 * What a user settled once instead of at every call: the only reader of the environment and of the configuration file.
 * Flags beat the environment, which beats the file, which beats what the home remembers, which beats the defaults.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { namesNear } from './data/names-near.ts'
import { isTokenVariable, SERVICES_KEY, type Services, services, tokenVariableOf } from './pinning/remote/services.ts'
import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey, VARIABLE_PREFIX, variableOf } from './settings.ts'

/** The settings of a home, in the home. */
export const CONFIG_FILE = 'config.json'

/** The part of a home's file that the program writes itself. */
export const REMEMBERED_KEY = 'remembered'

/** Names the file in place of `--config`. */
const FILE_VARIABLE = `${VARIABLE_PREFIX}CONFIG`

/** A value longer than this is cut in a message. */
const MAX_SHOWN_CHARACTERS = 60

/** A setting cannot be used; the message says where it stands, what it is and what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'ERR_CONFIG'
}

export type SettingSource =
  | { readonly type: 'flag'; readonly flag: string }
  | { readonly type: 'environment'; readonly variable: string }
  | { readonly type: 'file'; readonly path: string }
  /** What the program wrote down at an earlier start, in the home's file. */
  | { readonly type: 'remembered'; readonly path: string }
  | { readonly type: 'default' }

export interface EffectiveSetting {
  readonly key: SettingKey
  /** Absent where nobody settled it and the program decides. */
  readonly value?: string | number
  readonly source: SettingSource
}

const remembered = z.object({
  /** Where the peer listened last, with its port: invites name it. */
  listen: z.exactOptional(z.string()),
  /** Of the run that was made or joined last. */
  network: z.exactOptional(z.string()),
  /** Network of each run, by its id. */
  networks: z.exactOptional(z.record(z.string(), z.string()))
})

/** What a home remembers between commands. */
export type Remembered = z.infer<typeof remembered>

interface ConfigFile {
  readonly path: string
  /** As it stands there; empty for a file that is not there. */
  readonly text: string
  readonly settings: Readonly<Partial<Record<SettingKey, string | number>>>
  readonly services: Services
  readonly remembered: Remembered
}

export interface ResolveInit {
  /** As given by flags. */
  readonly home?: string
  readonly file?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export interface EffectiveConfig {
  /** In the order of the table. */
  readonly settings: readonly EffectiveSetting[]
  /** Where this user has things pinned, with the files of their tokens made absolute. */
  readonly services: Services
  /** The file that was read; absent where there is none. */
  readonly file?: string
}

/** Every setting with its source, before the flags of a verb other than `--home` and `--config`. Throws ConfigError. */
export async function resolveConfig(init: ResolveInit = {}): Promise<EffectiveConfig> {
  const environment = init.environment ?? process.env
  const named = init.file ?? (environment[FILE_VARIABLE] || undefined)
  const given = named === undefined ? undefined : await readConfigFile(resolve(named), { isRequired: true })
  const home = homeOf(init, environment, given)
  const own = await readConfigFile(join(String(home.value), CONFIG_FILE))
  if (own.settings.home !== undefined && own.path !== given?.path) {
    throw new ConfigError(`${own.path} has a key "home", which a home's own file cannot: use --home or STARLING_HOME`)
  }
  const file = given ?? own
  const settings = SETTING_KEYS.map((key) =>
    key === 'home' ? home : remember(settle(key, environment, file), own.remembered, own.path)
  )
  return { settings, services: file.services, ...(file.text === '' ? {} : { file: file.path }) }
}

function homeOf(
  { home }: ResolveInit,
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigFile | undefined
): EffectiveSetting {
  if (home !== undefined) return { key: 'home', value: resolve(home), source: { type: 'flag', flag: '--home' } }
  const settled = settle('home', environment, file)
  return { ...settled, value: resolve(String(settled.value)) }
}

function settle(
  key: SettingKey,
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigFile | undefined
): EffectiveSetting {
  const variable = variableOf(key)
  const text = environment[variable]
  // An empty variable is how a shell takes one back.
  if (text !== undefined && text !== '') {
    const value = checkSetting(key, asNumberWhereNeeded(key, text), text, variable)
    return { key, value, source: { type: 'environment', variable } }
  }
  const value = file?.settings[key]
  if (file !== undefined && value !== undefined) return { key, value, source: { type: 'file', path: file.path } }
  const setting: Setting = SETTINGS[key]
  return { key, ...(setting.default === undefined ? {} : { value: setting.default }), source: { type: 'default' } }
}

/**
 * The port that was free at the first start is kept: invites and neighbours know it. So a home remembers it where nothing
 * else is settled, and where what is settled is the same address with any port.
 */
function remember(settled: EffectiveSetting, { listen, network }: Remembered, path: string): EffectiveSetting {
  const { key, value, source } = settled
  const isFree = source.type === 'default'
  if (key === 'network' && isFree && network !== undefined) {
    return { key, value: network, source: { type: 'remembered', path } }
  }
  if (key === 'listen' && listen !== undefined && (isFree || String(value) === listen.replace(/\d+$/, '0'))) {
    return { key, value: listen, source: { type: 'remembered', path } }
  }
  return settled
}

/** Reads a file of settings; one that is not there is an empty one unless it was asked for by name. Throws ConfigError. */
export async function readConfigFile(path: string, { isRequired = false } = {}): Promise<ConfigFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A home that is not there, or that is a file, is said by whoever opens it.
    if (!isRequired && (code === 'ENOENT' || code === 'ENOTDIR'))
      return { path, text: '', settings: {}, services: {}, remembered: {} }
    throw new ConfigError(`cannot read the settings in ${path} (${code}): check the path`, { cause })
  }
  return { path, text, ...parseConfig(path, text) }
}

/** The settings in the text of the file at `path`. Throws ConfigError. */
export function parseConfig(path: string, text: string): Omit<ConfigFile, 'path' | 'text'> {
  const { [REMEMBERED_KEY]: own, [SERVICES_KEY]: given = {}, ...values } = parseObject(path, text)
  const settings: Partial<Record<SettingKey, string | number>> = {}
  for (const [name, value] of Object.entries(values)) {
    const key = SETTING_KEYS.find((known) => known === name)
    if (key === undefined) throw unknownKey(path, name)
    const checked = checkSetting(key, value, value, `${path}: ${key}`)
    const { isPath }: Setting = SETTINGS[key]
    settings[key] = isPath === true ? resolve(dirname(path), String(checked)) : checked
  }
  const parsed = remembered.safeParse(own ?? {})
  if (!parsed.success) throw new ConfigError(`${path}: "${REMEMBERED_KEY}" is damaged: delete that key`)
  return { settings, services: parseServices(path, given), remembered: parsed.data }
}

function parseServices(path: string, given: unknown): Services {
  const parsed = services.safeParse(given)
  if (parsed.success) {
    const absolute = Object.entries(parsed.data).map(([name, { tokenFile, ...service }]) => {
      return [
        name,
        { ...service, ...(tokenFile === undefined ? {} : { tokenFile: resolve(dirname(path), tokenFile) }) }
      ]
    })
    return Object.fromEntries(absolute) as Services
  }
  const [{ path: where, message }] = parsed.error.issues as [z.core.$ZodIssue]
  throw new ConfigError(
    `${path}: ${[SERVICES_KEY, ...where].join('.')} is wrong (${message}): services are ` +
      '{"backup": {"endpoint": "https://…", "tokenFile": "backup.token"}}, named by small letters, digits and dashes'
  )
}

/** Endpoint and token of a pinning service that the settings name. Throws ConfigError. */
export async function resolveService(name: string, init: ResolveInit): Promise<{ endpoint: string; token: string }> {
  const environment = init.environment ?? process.env
  const { services: known, file } = await resolveConfig(init)
  const service = known[name]
  if (service === undefined) {
    const names = Object.keys(known)
    const where =
      names.length === 0 ? `add it under "${SERVICES_KEY}" in the settings` : `there are ${names.join(', ')}`
    throw new ConfigError(`${file ?? 'the settings'}: there is no service called ${name}: ${where}`)
  }
  const variable = tokenVariableOf(name)
  const token = environment[variable] || (await readToken(service.tokenFile))
  if (token !== undefined) return { endpoint: service.endpoint, token }
  throw new ConfigError(`service ${name} has no token: set ${variable}, or "tokenFile" in ${file ?? 'the settings'}`)
}

async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return (await readFile(path, 'utf8')).trim() || undefined
  } catch (cause) {
    throw new ConfigError(
      `cannot read the token in ${path} (${(cause as NodeJS.ErrnoException).code}): check "tokenFile"`,
      {
        cause
      }
    )
  }
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError(`${path} is not JSON (${(cause as Error).message}): mend or delete it`, { cause })
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>
  throw new ConfigError(`${path} holds ${show(parsed)}: settings are an object, such as {"lingerSeconds": 60}`)
}

function unknownKey(path: string, name: string): ConfigError {
  const [near] = namesNear(name, SETTING_KEYS)
  const hint = near === undefined ? `the keys are ${SETTING_KEYS.join(', ')}` : `did you mean "${near}"?`
  return new ConfigError(`${path} has an unknown key ${show(name)}: ${hint}`)
}

function checkSetting(key: SettingKey, value: unknown, original: unknown, where: string): string | number {
  const { schema, expected }: Setting = SETTINGS[key]
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ConfigError(`${where} is ${show(original)}: it must be ${expected}`, { cause: parsed.error })
}

/** Variables are text; the schema says whether a number was meant. */
function asNumberWhereNeeded(key: SettingKey, text: string): string | number {
  const number = Number(text)
  const { schema }: Setting = SETTINGS[key]
  return text.trim() !== '' && schema.safeParse(number).success ? number : text
}

/** A value for a message; what is nested is only named, for it may be nested deeper than it can be printed. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text
}

/** What a child process is to inherit: the own environment, and these variables. */
export function environmentWith(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables }
}

/** Variables that look like settings and are none, each with the one that may have been meant. */
export function unknownVariables(
  environment: Readonly<Record<string, string | undefined>> = process.env
): { readonly name: string; readonly near?: string }[] {
  const known = [FILE_VARIABLE, ...SETTING_KEYS.map(variableOf)].map((name) => name.slice(VARIABLE_PREFIX.length))
  return Object.keys(environment)
    .filter(
      (name) =>
        name.startsWith(VARIABLE_PREFIX) &&
        !isTokenVariable(name) &&
        !known.includes(name.slice(VARIABLE_PREFIX.length))
    )
    .map((name) => {
      const [near] = namesNear(name.slice(VARIABLE_PREFIX.length), known)
      return near === undefined ? { name } : { name, near: `${VARIABLE_PREFIX}${near}` }
    })
}
