/**
 * A running peer in its owner's hands: HTTP on a unix socket in the home.
 *
 * ```ts
 * const control = await startControl(home.dir, controls)          // in the peer
 * const status = await callControl(home.dir, 'GET', '/status')     // in another process of the same user: control-client.ts
 * const end = await followRun(home.dir, request, onEvent)          // one more run in that peer
 * ```
 */
export {
  type ControlServer,
  type Controls,
  type ImportedArchive,
  type PinEntry,
  startControl
} from './control-server.ts'
export type { PinningRequest, RunEnd, RunEvent, RunRequest, TrainingRequest } from './run-request.ts'
export { type LinkStatus, type PeerStatus, peerStatus, type RunStatus, type TrainingStatus } from './status.ts'
