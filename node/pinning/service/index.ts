/**
 * The IPFS Pinning Service API, as a pinner offers it: `ipfs pin remote service add` works against it.
 *
 * ```ts
 * const tokens = new Tokens(home.dir)
 * const token = await tokens.add('friend')
 * const service = new PinService({ peer, quota, reaches: reachesFor('127.0.0.1'), onNotice })
 * await service.start()
 * const api = await startPinningApi({ service, tokens, host: '127.0.0.1', port: 5005 })
 * ```
 */
export { type PinBody, type PinQuery, parsePinBody, parsePinQuery, selectRequests } from './pin-query.ts'
export { PinRefusal } from './pin-refusal.ts'
export { PinService, type PinServiceInit } from './pin-service.ts'
export { type PinningApi, PinningApiListenError, startPinningApi } from './pinning-api.ts'
export { RateLimit } from './rate-limit.ts'
export { parseTokens, type Token, TokenError, Tokens } from './tokens.ts'
