import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Invite } from '../../protocols/envelope/index.ts'
import { UsageError } from './exit.ts'

/** Larger than any invite: of a wrong file no more is read. */
const MAX_TEXT_BYTES = 64 * 1024

/** What `join` and `start` say of the words that they take. */
export const INVITE_ARGUMENT =
  '@FILE that holds the invite, or - for standard input; the invite itself also works, but shows in `ps`'

/**
 * An invite from a file with `@FILE`, from standard input with `-`, or from the command line. An expired one still brings
 * a home back into a run that it was in. Throws InviteError, UsageError.
 */
export async function readInvite(argument: string, { home }: { home?: string } = {}): Promise<Invite> {
  const { parseInvite, refuseExpired } = await import('../../protocols/envelope/index.ts')
  const invite = parseInvite(await textOf(argument))
  if (home === undefined || !(await hasJoined(home, invite))) refuseExpired(invite, Date.now())
  return invite
}

async function textOf(argument: string): Promise<string> {
  if (argument === '-') return readText(process.stdin, 'standard input')
  if (!argument.startsWith('@')) return argument
  const path = argument.slice(1)
  return readText(createReadStream(path), path)
}

async function readText(stream: NodeJS.ReadableStream, name: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk))
      length += chunk.length
      if (length >= MAX_TEXT_BYTES) break
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new UsageError(`cannot read an invite from ${name} (${code}): check the path`, { cause })
  }
  const text = Buffer.concat(chunks).toString('utf8').trim()
  if (text === '') throw new UsageError(`${name} is empty: it must hold the invite`)
  return text
}

/** True where the home remembers the run: being invited is for whoever comes new. */
async function hasJoined(home: string, { run }: Invite): Promise<boolean> {
  const [{ CONFIG_FILE, readConfigFile }, { CID }] = await Promise.all([
    import('../config.ts'),
    import('multiformats/cid')
  ])
  const { remembered } = await readConfigFile(join(home, CONFIG_FILE))
  return remembered.networks?.[CID.decode(run).toString()] !== undefined
}
