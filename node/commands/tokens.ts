import type { Command } from 'commander'
import { DEFAULT_HOME } from './options.ts'

interface TokensOptions {
  readonly home: string
  readonly json?: boolean
}

/** `starling tokens`: who may pin at this home's pinning API. */
export function addTokens(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('who may use the pinning API that a pinner offers with --pinning-api: add, list and remove tokens')
  const verb = (usage: string, description: string, example: string) =>
    tokens
      .command(usage)
      .description(description)
      .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
      .option('--json', 'print one JSON document on stdout')
      .addHelpText('after', `\nExamples:\n  $ starling tokens ${example}`)
      .exitOverride()
  verb(
    'add <name>',
    'make a token for a client; it is shown once, the home keeps its hash',
    'add ada --home keeper'
  ).action(async (name: string, options: TokensOptions) => {
    const token = await (await tokensOf(options)).add(name)
    report(options, { name, token }, token)
  })
  verb('list', 'names of the tokens', 'list --home keeper').action(async (options: TokensOptions) => {
    const list = (await (await tokensOf(options)).list()).map(({ name, createdAt }) => ({ name, createdAt }))
    report(
      options,
      list,
      list.map(({ name, createdAt }) => `${name}, since ${new Date(createdAt).toISOString()}`).join('\n')
    )
  })
  verb('remove <name>', 'refuse a token from now on; what its client pinned stays', 'remove ada --home keeper').action(
    async (name: string, options: TokensOptions) => {
      await (await tokensOf(options)).remove(name)
      report(options, { removed: name }, `removed: ${name}`)
    }
  )
}

/** The home may be in use: its running peer reads the file at each request. */
async function tokensOf({ home }: TokensOptions) {
  const [{ Tokens }, { openHome, homeHolder }, { resolve }] = await Promise.all([
    import('../pinning/service/tokens.ts'),
    import('../../storage/index.ts'),
    import('node:path')
  ])
  if ((await homeHolder(home)) === undefined) await (await openHome(home)).close()
  return new Tokens(resolve(home))
}

function report({ json }: TokensOptions, document: unknown, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(document)}\n` : text === '' ? '' : `${text}\n`)
}
