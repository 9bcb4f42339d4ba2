/**
 * Late join and repair: signed current copies and the newest checkpoint.
 *
 * ```ts
 * const state = new StateService({ libp2p, protocol: '/starling/demo/state/1.0.0', run, parameterCount, … })
 * await state.start()
 * const { header, copy } = await state.fetchCopy(peer)   // check the signature and sha256(copy) before use
 * ```
 */
export { NoCopyError, type SignedCopy, StateService, type StateServiceInit } from './state-service.ts'
