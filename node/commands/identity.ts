import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { DEFAULT_HOME } from './options.ts'

interface IdentityOptions {
  readonly home: string
  readonly json?: boolean
}

const INIT_EXAMPLES = `
Examples:
  $ starling init --home b --listen /ip4/0.0.0.0/tcp/4801
  $ starling init --home b --swarm-key new          then, with b/swarm.key brought to the other machines:
  $ starling init --home c --swarm-key swarm.key`

/** `starling init` and `starling identity`: who a home is. */
export function addIdentity(program: Command): void {
  program
    .command('init')
    .description('make a home: a new identity, and where its peer listens')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--listen <multiaddr>', 'where its peer will listen (default: a free port on all interfaces, kept)')
    .option('--swarm-key <file>', "meet peers with this key only, in Kubo's format; `new` makes one")
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', INIT_EXAMPLES)
    .action(init)
  const identity = program
    .command('identity')
    .description('show, back up, restore or renew the key that a peer is known by')
  const verb = (usage: string, description: string, example: string) =>
    identity
      .command(usage)
      .description(description)
      .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
      .option('--json', 'print one JSON document on stdout')
      .addHelpText('after', `\nExamples:\n  $ starling identity ${example}`)
      .exitOverride()
  verb('show', "the peer's id", 'show --home b').action(async (options: IdentityOptions) =>
    withHome(options, async (home) => report(options, { peer: await peerOf(home) }))
  )
  verb(
    'backup <file>',
    'write the private key to a new file that only its owner can read',
    'backup b.key --home b'
  ).action(backup)
  verb(
    'restore <file>',
    'give a home the key of a backup, before its peer has another',
    'restore b.key --home new'
  ).action(restore)
  verb('renew', 'become a new peer: the old key is kept beside the new one', 'renew --home b').action(renew)
}

type Home = Awaited<ReturnType<typeof import('../../storage/index.ts')['openHome']>>

async function init(options: IdentityOptions & { listen?: string; swarmKey?: string }): Promise<void> {
  const [
    { fingerprintText, giveSwarmKey, newSwarmKey, openHome, readSwarmKey },
    { readHomeConfig, writeHomeConfig },
    { ANY_ADDRESS, withFixedPort }
  ] = await Promise.all([import('../../storage/index.ts'), import('../run/home-config.ts'), import('./listen.ts')])
  const { swarmKey: word } = options
  const given = word === undefined ? undefined : word === 'new' ? newSwarmKey() : await readKeyFile(word)
  const home = await openHome(options.home, { create: true })
  try {
    if (given !== undefined) await giveSwarmKey(home, given)
    const config = await readHomeConfig(home)
    const listen = options.listen ?? config.listen ?? (await withFixedPort(ANY_ADDRESS))
    await writeHomeConfig(home, { ...config, listen })
    const key = await readSwarmKey(home.dir)
    const network = key === undefined ? {} : { swarmKey: fingerprintText(key.fingerprint) }
    report(options, { peer: await peerOf(home), home: home.dir, listen, ...network })
  } finally {
    await home.close()
  }
}

async function readKeyFile(path: string) {
  const { parseSwarmKey } = await import('../../storage/index.ts')
  const text = await readFile(path, 'latin1').catch((cause) => {
    throw new Error(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}): give the path of a swarm.key`, {
      cause
    })
  })
  return parseSwarmKey(path, text)
}

async function backup(file: string, options: IdentityOptions): Promise<void> {
  await withHome(options, async (home) => {
    const { copyIdentity } = await import('../../storage/index.ts')
    await copyIdentity(home, file)
    report(options, { peer: await peerOf(home), backup: file })
  })
}

async function restore(file: string, options: IdentityOptions): Promise<void> {
  const { restoreIdentity } = await import('../../storage/index.ts')
  const bytes = await readFile(file).catch((cause) => {
    throw new Error(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code}): give the path of a backup`, {
      cause
    })
  })
  await restoreIdentity(options.home, bytes, file)
  await withHome(options, async (home) => report(options, { peer: await peerOf(home), home: home.dir }))
}

async function renew(options: IdentityOptions): Promise<void> {
  const { openHome, renewIdentity } = await import('../../storage/index.ts')
  const home = await openHome(options.home)
  let old: string
  let kept: string
  try {
    old = await peerOf(home)
    kept = await renewIdentity(home)
  } finally {
    await home.close()
  }
  await withHome(options, async (renewed) => report(options, { peer: await peerOf(renewed), was: old, oldKey: kept }))
}

async function withHome(options: IdentityOptions, work: (home: Home) => Promise<void>): Promise<void> {
  const { openHome } = await import('../../storage/index.ts')
  const home = await openHome(options.home)
  try {
    await work(home)
  } finally {
    await home.close()
  }
}

async function peerOf(home: Home): Promise<string> {
  const { peerIdFromPrivateKey } = await import('@libp2p/peer-id')
  return peerIdFromPrivateKey(home.identity).toString()
}

function report({ json }: IdentityOptions, facts: Readonly<Record<string, string>>): void {
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(10)}${value}`)
  process.stdout.write(json === true ? `${JSON.stringify(facts)}\n` : `${lines.join('\n')}\n`)
}
