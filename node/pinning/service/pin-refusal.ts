/** A client's request is refused; `statusCode` and `reason` are those of the IPFS Pinning Service API. */
export class PinRefusal extends Error {
  override readonly name = 'PinRefusal'
  readonly code = 'ERR_PIN_REFUSED'
  readonly statusCode: number
  readonly reason: string

  constructor(statusCode: number, reason: string, details: string) {
    super(details)
    this.statusCode = statusCode
    this.reason = reason
  }
}

export function notFound(): PinRefusal {
  return new PinRefusal(404, 'NOT_FOUND', 'there is no such request of yours')
}

export function badRequest(details: string): PinRefusal {
  return new PinRefusal(400, 'BAD_REQUEST', details)
}
