import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Invite } from '../../protocols/envelope/index.ts'
import { UsageError } from './exit.ts'

/** Larger than any invite: a wrong file is refused before it is read whole. */
const MAX_TEXT_CHARACTERS = 64 * 1024

/** An invite from the command line, from a file with `@FILE`, or from standard input with `-`. Throws InviteError, UsageError. */
export async function readInvite(argument: string): Promise<Invite> {
  const { parseInvite } = await import('../../protocols/envelope/index.ts')
  if (argument === '-') return parseInvite((await text(process.stdin)).slice(0, MAX_TEXT_CHARACTERS).trim())
  if (argument.startsWith('@')) {
    const path = argument.slice(1)
    const content = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new UsageError(`cannot read an invite from ${path} (${cause.code}): check the path`, { cause })
    })
    return parseInvite(content.slice(0, MAX_TEXT_CHARACTERS).trim())
  }
  return parseInvite(argument)
}
