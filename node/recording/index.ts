/**
 * What a real run's peers did to their vectors, in order: enough to do all of it again (`node/simulate/replay/`).
 *
 * ```ts
 * const calls = await createRecording(folder, { run, parts: ['rows-1.csv'], test: 'test.csv' })
 * const recorder = new Recorder({ path: calls[0]!, seed: 1001, onError })
 * const vectors = recorder.follow(worker, { peer: peer.id, incarnation, engine })
 * ```
 */
export { InvalidRecordingError } from './errors.ts'
export { type LineOf, parseLine, type RecordedLine, toJson } from './recorded-line.ts'
export { Recorder } from './recorder.ts'
export { createRecording, openRecording, RUN_PARTS } from './recording-folder.ts'
