import { CID } from 'multiformats/cid'
import { z } from 'zod'
import type { PinRequest } from '../../../storage/index.ts'
import { badRequest } from './pin-refusal.ts'

/** Bounds of the API's own specification (ipfs-pinning-service.yaml, 1.0.0): CIDs, name, limit, origins, meta. */
const MAX_CIDS = 10
const MAX_NAME_CHARACTERS = 255
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 10
const MAX_ORIGINS = 20
const MAX_META = 1000

/** Longer than any multiaddr that is dialled, and than any CID. */
const MAX_TEXT_CHARACTERS = 2000

const status = z.enum(['queued', 'pinning', 'pinned', 'failed'])
const time = z.string().transform((text, context) => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) context.addIssue('not a date')
  return ms
})
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .transform((values) => values.filter((value) => value !== ''))
const cid = z
  .string()
  .max(MAX_TEXT_CHARACTERS)
  .transform((text, context) => {
    try {
      return CID.parse(text)
    } catch {
      context.addIssue('not a CID')
      return z.NEVER
    }
  })
const metadata = z.record(z.string(), z.string()).refine((meta) => Object.keys(meta).length <= MAX_META)

const pinQuery = z.object({
  cid: list.pipe(z.array(cid).max(MAX_CIDS)).optional(),
  name: z.string().max(MAX_NAME_CHARACTERS).optional(),
  match: z.enum(['exact', 'iexact', 'partial', 'ipartial']).default('exact'),
  status: list.pipe(z.array(status).min(1)).default(['pinned']),
  before: time.optional(),
  after: time.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  meta: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue('not JSON')
        return z.NEVER
      }
    })
    .pipe(metadata)
    .optional()
})

export type PinQuery = z.infer<typeof pinQuery>

/** Clients write null where they have nothing. */
const pinBody = z.object({
  cid,
  name: z.string().max(MAX_NAME_CHARACTERS).nullish(),
  origins: z.array(z.string().max(MAX_TEXT_CHARACTERS)).max(MAX_ORIGINS).nullish(),
  meta: metadata.nullish()
})

/** What a client wants pinned. */
export type PinBody = Pick<PinRequest, 'cid' | 'name' | 'origins' | 'meta'>

/** Throws PinRefusal. */
export function parsePinQuery(query: unknown): PinQuery {
  const parsed = pinQuery.safeParse(query)
  if (parsed.success) return parsed.data
  throw badRequest(oneLine(parsed.error))
}

/** Throws PinRefusal. */
export function parsePinBody(body: unknown): PinBody {
  const parsed = pinBody.safeParse(body)
  if (!parsed.success) throw badRequest(oneLine(parsed.error))
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value != null)) as unknown as PinBody
}

function oneLine(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ')
    .slice(0, 500)
}

/** The requests that a query asks for, the one created last first, and how many there are without its limit. */
export function selectRequests(
  requests: readonly PinRequest[],
  query: PinQuery
): { count: number; page: PinRequest[] } {
  const found = requests.filter((request) => matches(request, query)).sort((a, b) => b.created - a.created)
  return { count: found.length, page: found.slice(0, query.limit) }
}

function matches(
  request: PinRequest,
  { cid: cids, name, match, status: wanted, before, after, meta = {} }: PinQuery
): boolean {
  return (
    wanted.includes(request.status) &&
    (cids === undefined || cids.length === 0 || cids.some((one) => one.toV1().equals(request.cid.toV1()))) &&
    (name === undefined || isNamed(request.name ?? '', name, match)) &&
    (before === undefined || request.created < before) &&
    (after === undefined || request.created > after) &&
    Object.entries(meta).every(([key, value]) => request.meta?.[key] === value)
  )
}

function isNamed(own: string, wanted: string, match: PinQuery['match']): boolean {
  const [a, b] = match.startsWith('i') ? [own.toLowerCase(), wanted.toLowerCase()] : [own, wanted]
  return match.endsWith('partial') ? a.includes(b) : a === b
}
