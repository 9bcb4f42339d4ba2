import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../../storage/index.ts'

const FILE = 'pinning-tokens.json'

/** Nobody guesses 256 random bits, so a plain hash keeps them: slow ones are for passwords. */
const TOKEN_BYTES = 32

const OWNER_ONLY = 0o600

const tokens = z.array(
  z.object({
    name: z.string(),
    /** SHA-256 of the token, in hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    /** Milliseconds since 1970. */
    createdAt: z.number()
  })
)

export type Token = z.infer<typeof tokens>[number]

/** A token cannot be made or found, or their file is damaged. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code = 'ERR_TOKEN'
}

/**
 * Who may use a home's pinning API: names with hashes of their tokens, in a file of the home. It is read at each request,
 * so that what is added or removed counts at once. The token itself is shown when it is made, and never again.
 */
export class Tokens {
  readonly #path: string

  constructor(home: string) {
    this.#path = join(home, FILE)
  }

  /** Throws TokenError. */
  async list(): Promise<Token[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]'
      throw error
    })
    return parseTokens(this.#path, text)
  }

  /** Makes a token and answers with it. Throws TokenError. */
  async add(name: string): Promise<string> {
    if (!/^[\w.-]{1,64}$/.test(name)) {
      throw new TokenError(`${JSON.stringify(name)} cannot name a token: use 1 to 64 letters, digits, dots or dashes`)
    }
    const known = await this.list()
    if (known.some((token) => token.name === name)) {
      throw new TokenError(`there is a token called ${name} already: remove it first, or choose another name`)
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    await this.#write([...known, { name, hash: hashOf(token).toString('hex'), createdAt: Date.now() }])
    return token
  }

  /** Throws TokenError. */
  async remove(name: string): Promise<void> {
    const known = await this.list()
    const left = known.filter((token) => token.name !== name)
    if (left.length === known.length) {
      throw new TokenError(`there is no token called ${name}: \`starling tokens list\` shows those that are`)
    }
    await this.#write(left)
  }

  /** Name of the token in an `Authorization` header; undefined where it is none. Takes as long for any. */
  async ownerOf(authorization: string | undefined): Promise<string | undefined> {
    const [, given = ''] = /^Bearer ([\w-]{1,200})$/i.exec(authorization ?? '') ?? []
    const hash = hashOf(given)
    let owner: string | undefined
    for (const token of await this.list()) if (timingSafeEqual(Buffer.from(token.hash, 'hex'), hash)) owner = token.name
    return owner
  }

  async #write(list: readonly Token[]): Promise<void> {
    await writeFileAtomic(this.#path, [Buffer.from(`${JSON.stringify(list, null, 2)}\n`)], { mode: OWNER_ONLY })
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Throws TokenError. */
export function parseTokens(path: string, text: string): Token[] {
  try {
    const parsed = tokens.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  } catch {
    // No JSON and another shape are the same damage.
  }
  throw new TokenError(`${path} is damaged: delete it and make new tokens with \`starling tokens add\``)
}
