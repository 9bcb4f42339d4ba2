/** A throw-away Kubo node: a repository in a folder of its own, on loopback only, found by nobody. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, constants, mkdtemp, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atEnd } from '../../at-end.ts'
import { type Owner, temporaryFolder } from '../../integration/temporary-folder.ts'

/** `dag export` of a checkpoint writes it to standard output. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024

/** Loopback, ports that the system chooses, no bootstrap, no mDNS; CIDs as the store makes them. */
const PROFILES = '--profile=test,unixfs-v1-2025'

/** Connected peers are asked for blocks, and nobody else: no DHT, no gateways, no telemetry. */
const SETTINGS = {
  'Routing.Type': 'none',
  'HTTPRetrieval.Enabled': false,
  'Plugins.Plugins': { telemetry: { Disabled: true } }
}

const exec = promisify(execFile)

/** Where `setup.sh` puts the binary, unless `KUBO_BINARY` names another. Throws a sentence that says what to do. */
export async function kuboBinary(): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const path = process.env.KUBO_BINARY ?? join(cache, 'starling-interop', 'ipfs')
  await access(path, constants.X_OK).catch((cause: unknown) => {
    throw new Error(`Kubo is not at ${path}: run test/interop/kubo/setup.sh, or set KUBO_BINARY`, { cause })
  })
  return path
}

export class Kubo {
  readonly #binary: string
  readonly #env: NodeJS.ProcessEnv
  #daemon: ChildProcess | undefined
  #log = ''
  #api = ''
  /** With peer id. */
  address = ''
  /** Base of its HTTP gateway. */
  gateway = ''

  private constructor(binary: string, repository: string) {
    this.#binary = binary
    this.#env = { ...process.env, IPFS_PATH: repository, IPFS_TELEMETRY: 'off' }
  }

  /** Starts a node that ends with its owner; with a swarm key, the file's text, in that private network. */
  static async start(t: Owner, { swarmKey }: { readonly swarmKey?: Uint8Array } = {}): Promise<Kubo> {
    const repository = await mkdtemp(join(await temporaryFolder(t), 'kubo-'))
    const kubo = new Kubo(await kuboBinary(), repository)
    await kubo.run('init', PROFILES)
    if (swarmKey !== undefined) await writeFile(join(repository, 'swarm.key'), swarmKey)
    for (const [key, value] of Object.entries(SETTINGS)) await kubo.run('config', '--json', key, JSON.stringify(value))
    atEnd(t, () => kubo.stop())
    await kubo.#startDaemon()
    return kubo
  }

  /** Of a command that is to mean this node. */
  get environment(): NodeJS.ProcessEnv {
    return this.#env
  }

  /** Runs `ipfs` with these words and gives what it printed. Throws with what it complained about. */
  async run(...words: string[]): Promise<string> {
    return (await this.bytes(...words)).toString().trim()
  }

  /** The same, for output that is no text. */
  async bytes(...words: string[]): Promise<Buffer> {
    const options = { env: this.#env, encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES } as const
    return (await exec(this.#binary, words, options)).stdout
  }

  /** Pins a root through the daemon's own interface, without the start of a command. */
  async pin(root: string): Promise<void> {
    const response = await fetch(`${this.#api}/api/v0/pin/add?arg=${root}`, { method: 'POST' })
    if (!response.ok) throw new Error(`Kubo does not pin ${root}: ${await response.text()}`)
    await response.arrayBuffer()
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (daemon === undefined) return
    this.#daemon = undefined
    const gone = new Promise((resolve) => daemon.once('exit', resolve))
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill('SIGTERM')
      await gone
    }
  }

  async #startDaemon(): Promise<void> {
    const daemon = spawn(this.#binary, ['daemon'], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#daemon = daemon
    await new Promise<void>((resolve, reject) => {
      const read = (text: Buffer) => {
        this.#log += text
        if (this.#log.includes('Daemon is ready')) resolve()
      }
      daemon.stdout.on('data', read)
      daemon.stderr.on('data', read)
      daemon.once('error', reject)
      daemon.once('exit', (code) => reject(new Error(`ipfs daemon ended with ${code}:\n${this.#log}`)))
    })
    this.gateway = this.#serverOf('Gateway server')
    this.#api = this.#serverOf('RPC API server')
    const { Addresses } = JSON.parse(await this.run('id')) as { Addresses: string[] }
    this.address = Addresses.find((address) => address.startsWith('/ip4/127.0.0.1/tcp/'))!
  }
  /** Base URL of a server that the daemon said it started. */
  #serverOf(name: string): string {
    const [, port] = new RegExp(`${name} listening on /ip4/127.0.0.1/tcp/(\\d+)`).exec(this.#log) ?? []
    if (port === undefined) throw new Error(`ipfs daemon names no ${name}:\n${this.#log}`)
    return `http://127.0.0.1:${port}`
  }
}
