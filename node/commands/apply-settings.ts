import type { Command, Option } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { EffectiveSetting } from '../config.ts'

/**
 * Verbs that live without settings: the demo makes homes of its own, simulated peers have none, and a script of completions
 * is the same for all.
 */
const WITHOUT_SETTINGS = new Set(['demo', 'simulate', 'completion'])

/**
 * Gives every verb that works in a home `--config`, and fills its options from environment, file and home before it runs,
 * where the command line leaves them out. Options that were required may then stand there instead.
 */
export function acceptSettings(program: Command): void {
  const required = new Set<Option>()
  for (const verb of verbsOf(program)) {
    if (WITHOUT_SETTINGS.has(verb.name())) continue
    verb.option('--config <file>', 'settings, JSON (default: config.json in the home)')
    for (const option of verb.options.filter(({ mandatory }) => mandatory)) {
      option.makeOptionMandatory(false)
      required.add(option)
    }
  }
  program.hook('preAction', async (_program, verb) => {
    if (!WITHOUT_SETTINGS.has(verb.name())) await applySettings(verb)
    const missing = verb.options.find(
      (option) => required.has(option) && verb.getOptionValue(option.attributeName()) === undefined
    )
    if (missing !== undefined) {
      verb.error(`error: required option '${missing.flags}' not specified`, {
        code: 'commander.missingMandatoryOptionValue'
      })
    }
  })
}

/** The commands that do something, those inside another included. */
function verbsOf(program: Command): Command[] {
  return program.commands.flatMap((command) => (command.commands.length > 0 ? verbsOf(command) : [command]))
}

async function applySettings(verb: Command): Promise<void> {
  const [{ ConfigError, resolveConfig }, { isReadBy }] = await Promise.all([
    import('../config.ts'),
    import('../settings.ts')
  ])
  const { settings } = await resolveConfig({ ...flag(verb, 'home'), ...flag(verb, 'config') })
  for (const setting of settings) {
    const option = verb.options.find((known) => known.attributeName() === setting.key)
    if (option === undefined || !isReadBy(setting.key, verb.name())) continue
    if (verb.getOptionValueSource(setting.key) === 'cli' || setting.source.type === 'default') continue
    const source = setting.source.type === 'environment' ? 'env' : 'config'
    try {
      verb.setOptionValueWithSource(setting.key, parsed(option, setting), source)
    } catch (cause) {
      if (!(cause instanceof InvalidArgumentError)) throw cause
      throw new ConfigError(
        `${whereOf(setting)} is ${JSON.stringify(setting.value)}: it ${cause.message.replace(/\.$/, '')}`,
        { cause }
      )
    }
  }
}

/** `--home` and `--config`, where they were given: they say where to look. */
function flag(verb: Command, name: 'home' | 'config'): { home?: string; file?: string } {
  if (verb.getOptionValueSource(name) !== 'cli') return {}
  const value = String(verb.getOptionValue(name))
  return name === 'home' ? { home: value } : { file: value }
}

/** The value as the option's own parser makes it of a word on the command line. */
function parsed({ parseArg }: Option, { value }: EffectiveSetting): unknown {
  return parseArg === undefined ? value : parseArg(String(value), undefined)
}

function whereOf({ key, source }: EffectiveSetting): string {
  return source.type === 'environment' ? source.variable : `${'path' in source ? source.path : ''}: ${key}`
}
