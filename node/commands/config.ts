import type { Command } from 'commander'
import type { EffectiveConfig, EffectiveSetting } from '../config.ts'
import { DEFAULT_HOME } from './options.ts'

interface ConfigOptions {
  readonly home: string
  readonly config?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling config --home b
  $ STARLING_LINGER_SECONDS=60 starling config --json
The settings that a file may hold are in docs/configuration.md; flags beat the environment (STARLING_…), which beats
the file, which beats what the home remembers.`

/** `starling config`: what the other verbs would use here, and where each value comes from. */
export function addConfig(program: Command): void {
  program
    .command('config')
    .description('print the settings that hold here, and where each comes from')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(printConfig)
}

async function printConfig({ config: file, json }: ConfigOptions, command: Command): Promise<void> {
  const { resolveConfig, unknownVariables } = await import('../config.ts')
  const home = command.getOptionValueSource('home') === 'cli' ? String(command.getOptionValue('home')) : undefined
  const effective = await resolveConfig({
    ...(home === undefined ? {} : { home }),
    ...(file === undefined ? {} : { file })
  })
  for (const { name, near } of unknownVariables()) {
    process.stderr.write(`${name} is no setting${near === undefined ? '' : `: did you mean ${near}?`}\n`)
  }
  process.stdout.write(json === true ? `${JSON.stringify(documentOf(effective))}\n` : await tableOf(effective))
}

function documentOf({ settings, services, file }: EffectiveConfig): unknown {
  return {
    file: file ?? null,
    settings: Object.fromEntries(settings.map(({ key, value, source }) => [key, { value: value ?? null, source }])),
    services
  }
}

async function tableOf({ settings, services, file }: EffectiveConfig): Promise<string> {
  const { SETTINGS } = await import('../settings.ts')
  const rows = settings.map((setting) => {
    const { defaultText } = SETTINGS[setting.key] as { defaultText?: string }
    return [setting.key, String(setting.value ?? defaultText ?? 'none'), describeSource(setting)] as const
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map(([key, value, source]) => `${key.padEnd(widths[0]!)}  ${value.padEnd(widths[1]!)}  ${source}`)
  for (const [name, { endpoint }] of Object.entries(services)) lines.push(`service ${name}  ${endpoint}`)
  return `${lines.join('\n')}\n${file === undefined ? 'No file of settings was read.' : `Read ${file}.`}\n`
}

function describeSource({ source }: EffectiveSetting): string {
  switch (source.type) {
    case 'flag':
      return `flag ${source.flag}`
    case 'environment':
      return `environment ${source.variable}`
    case 'default':
      return 'default'
    default:
      return `${source.type} ${source.path}`
  }
}
