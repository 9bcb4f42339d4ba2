import { type Command, Option } from 'commander'
import { REACHES, type Reach } from '../pinning/dial-rule.ts'
import { DEFAULT_QUOTA, parseDiskSize } from '../pinning/disk-size.ts'
import { DEFAULT_POLICY, formatPolicy, parsePolicy } from '../pinning/policy.ts'
import { UsageError } from './exit.ts'
import { limit } from './limit-options.ts'

/** Port of the pinning API where only a host is given. */
const MAX_PORT = 65_535

/** What a pinner keeps, and for whom. */
export interface PinnerOptions {
  /** As `parsePolicy` reads it. */
  readonly policy?: string
  readonly quota?: number
  readonly pinningApi?: ApiAddress
  readonly allowOrigins?: readonly Reach[]
}

export interface ApiAddress {
  readonly host: string
  readonly port: number
}

export function addPinnerOptions(command: Command): Command {
  return command
    .option(
      '--policy <policy>',
      `checkpoints to keep of each run: latest, last:N, every:N rounds, or all (default: ${DEFAULT_POLICY})`,
      limit((text) => formatPolicy(parsePolicy(text)))
    )
    .option(
      '--quota <size>',
      `most that all blocks of the home may take on the disk (default: ${DEFAULT_QUOTA})`,
      limit(parseDiskSize)
    )
    .option('--pinning-api <host:port>', 'offer the IPFS Pinning Service API here, to holders of tokens', apiAddress)
    .addOption(
      new Option(
        '--allow-origins <reaches...>',
        "where clients' own addresses may lead this peer (default: public)"
      ).choices(REACHES)
    )
}

function apiAddress(text: string): ApiAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && Number(port) <= MAX_PORT) return { host, port: Number(port) }
  throw new UsageError(`--pinning-api ${text} is no address: give a host and a port, such as 127.0.0.1:5005`)
}
