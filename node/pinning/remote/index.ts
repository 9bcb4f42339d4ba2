/**
 * Pinning services that others run, by the IPFS Pinning Service API.
 *
 * ```ts
 * const service = new RemoteService({ name: 'backup', endpoint: 'https://pins.example.org/psa', token })
 * const pin = await service.add({ cid, origins: peer.libp2p.getMultiaddrs().map(String) })
 * await service.settled(pin.id, console.log, signal)
 * ```
 */
export { type RemotePin, RemoteService, RemoteServiceError } from './remote-service.ts'
export { isTokenVariable, SERVICES_KEY, type Services, services, tokenVariableOf } from './services.ts'
