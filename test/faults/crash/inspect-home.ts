import { createHash } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { CID } from 'multiformats/cid'
import { loadCheckpoint } from '../../../node/run/checkpoints.ts'
import { readPayload } from '../../../node/run/read-payload.ts'
import { type RunFiles, readRunFiles } from '../../../node/run/run-files.ts'
import { applyPayload, payloadBytes } from '../../../protocols/averaging/index.ts'
import { createCopies, openHome, openStorage, type Storage } from '../../../storage/index.ts'
import type { HeaderLedger } from './header-ledger.ts'

/** What was found in a home whose peer is dead. */
export interface HomeFindings {
  /** Deltas of the stored chain that were replayed, each to the hash that its author signed. */
  readonly replayed: number
  /** Pinned roots, all of whose blocks were read. */
  readonly pins: number
  /** Of these, checkpoints whose weights were decoded. */
  readonly checkpoints: number
  readonly violations: readonly string[]
}

/**
 * Opens a copy of a home, as the peer would at its next start, and reads everything that must have survived: the chain
 * back to its first snapshot, every pinned root, the saved copy. The home itself stays as the dead peer left it.
 */
export async function inspectHome(dir: string, scratch: string, run: CID, ledger: HeaderLedger): Promise<HomeFindings> {
  await cp(dir, scratch, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  const violations: string[] = []
  const home = await openHome(scratch)
  const storage = await openStorage({ home })
  try {
    const files = await readRunFiles(storage, run, { keep: false })
    const replayed = await replayChain(storage, files, ledger, violations)
    const { pins, checkpoints } = await readPins(storage, files, violations)
    const copy = await createCopies(home).load(run.toString())
    if (copy.type === 'damaged') violations.push(copy.warning)
    return { replayed, pins, checkpoints, violations }
  } finally {
    await storage.close()
    await home.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Rebuilds the public copy from the stored snapshots and deltas, and compares its hash with each header. */
async function replayChain(
  storage: Storage,
  { id, manifest }: RunFiles,
  ledger: HeaderLedger,
  violations: string[]
): Promise<number> {
  const { codec } = manifest.averaging
  const copies = new Map<string, Float32Array>()
  let copy: Float32Array | undefined
  let replayed = 0
  const window = await storage.chains.window(id.toString())
  for (const entry of window) {
    if (entry.type === 'delta') continue
    const bytes = await storage.getFile(entry.root)
    copies.set(hashOf(bytes), new Float32Array(bytes.slice().buffer))
  }
  for (const entry of window) {
    if (entry.type === 'snapshot') continue
    const signed = await ledger.add(await storage.getBlock(entry.header))
    if (signed === undefined) continue
    const { base, stateHash, seq } = signed.header
    const isNext = copy !== undefined && hashOf(copy) === hex(base)
    copy = isNext ? copy : copies.get(hex(base))?.slice()
    if (copy === undefined) {
      // What lies before the first snapshot adds to a copy that is not kept any more.
      if (replayed > 0) violations.push(`delta ${seq} adds to a copy that neither a delta nor a snapshot gives`)
      continue
    }
    const payload = await readPayload(storage, entry.payload, payloadBytes(codec, manifest.parameterCount))
    if (payload === undefined) {
      violations.push(`the payload of delta ${seq} is not whole`)
      copy = undefined
      continue
    }
    applyPayload(codec, payload, copy)
    if (hashOf(copy) !== hex(stateHash)) violations.push(`delta ${seq} does not lead to the copy that was signed`)
    replayed += 1
  }
  return replayed
}

/** Reads every block of every pinned root, and the weights of checkpoints. */
export async function readPins(storage: Storage, files: RunFiles, violations: string[]) {
  const pins = await storage.pins.list()
  let checkpoints = 0
  for (const { root, kind } of pins) {
    try {
      await storage.fetchDag(root)
      if (kind !== 'checkpoint') continue
      await loadCheckpoint(storage, files, CID.parse(root.toString()))
      checkpoints += 1
    } catch (error) {
      violations.push(`pinned ${kind} ${root} cannot be read: ${(error as Error).message}`)
    }
  }
  return { pins: pins.length, checkpoints }
}

function hashOf(copy: Float32Array | Uint8Array): string {
  return createHash('sha256')
    .update(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength))
    .digest('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
