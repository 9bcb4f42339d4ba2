/**
 * Deliberately wrong variants of what peers do, for studies that show why they do it: here, and never in the product.
 *
 * ```ts
 * const rule = WAIT_RULES.none                                      // mixes without waiting
 * const interference = addToStaleBase(manifest, initial, keyOf)     // adds deltas onto whatever copy is held
 * ```
 */
export { addToStaleBase } from './stale-base.ts'
export { WAIT_RULES, type WaitRuleName } from './wait-rules.ts'
