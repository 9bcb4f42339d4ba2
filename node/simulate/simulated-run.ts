import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { median } from '../../protocols/averaging/index.ts'
import {
  authorOf,
  encodeManifest,
  manifestCid,
  parseManifest,
  type RunManifest
} from '../../protocols/envelope/index.ts'
import { type DemoDataInit, dealOut } from '../demo/demo-data.ts'
import { type DraftRun, draftRun, manifestOf } from '../run/create-run.ts'
import { encodeWeights } from '../run/run-files.ts'
import { DEFAULT_PLAN, type RunChoices } from '../run/run-plan.ts'
import { drawInitialWeights, type SharedPart, type Topology } from '../training/index.ts'
import { hashOf, type Rows, readRows } from '../vectors/index.ts'
import { keyOf } from './simulated-keys.ts'

/** What a run is about, as in `demo` and `create`. */
export interface RunOptions extends DemoDataInit, RunChoices {
  /** Instead of `localSteps`: so many times through a peer's own rows. */
  readonly localEpochs?: number
  /** What a study wants otherwise than `create` settles it. */
  readonly averaging?: Partial<RunManifest['averaging']>
}

/** A run without a home: its manifest, and the rows of all its peers. */
export interface SimulatedRun {
  /** Run id, CID bytes. */
  readonly id: Uint8Array
  readonly manifest: RunManifest
  readonly topology: Topology
  /** The part of the model that peers share: all of it, unless the options name local layers. */
  readonly shared: SharedPart
  /** Of the whole model, shape [N]. */
  readonly initial: Float32Array
  /** Training rows of each peer, and the common held-out ones. */
  readonly rows: readonly Rows[]
  /** Steps of each peer's round: those of the manifest, unless they follow from its rows. */
  readonly steps: readonly number[]
  readonly description: string
}

/** Deals rows out and settles schema, model and manifest, all by the code of `demo` and `create`. Throws their errors. */
export async function prepareRun(options: RunOptions): Promise<SimulatedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-simulate-'))
  try {
    const data = await dealOut(folder, options)
    const draft = await draftRun({
      ...DEFAULT_PLAN,
      ...options,
      name: 'simulation',
      data: data.parts,
      label: data.label,
      task: data.task,
      classes: data.classes,
      holdOut: 0
    })
    const rows: Rows[] = []
    for (const [index, part] of data.parts.entries()) {
      const seed = seedOf(options.seed, index)
      rows.push(await readRows({ task: draft.task, data: part, test: data.test, holdOut: 0, seed }))
    }
    const steps = stepsOf(rows, options)
    const manifestBytes = await encodeRun(draft, options, median(steps)!)
    // Read back as every peer reads it: what contradicts itself is refused here.
    const manifest = parseManifest(manifestBytes)
    const { topology, shared } = draft
    const initial = await initialOf(draft, options.seed)
    const id = manifestCid(manifestBytes).bytes
    return { id, manifest, topology, shared, initial, rows, steps, description: data.description }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function initialOf({ initial, topology }: DraftRun, seed: number): Promise<Float32Array> {
  return initial ?? (await drawInitialWeights(topology, seed))
}

/** `localSteps`: what the manifest says, or half of the peers where each has steps of its own. */
async function encodeRun(draft: DraftRun, options: RunOptions, localSteps: number): Promise<Uint8Array> {
  const { topology, shared, modelJson, plan } = draft
  const initial = await initialOf(draft, options.seed)
  const author = authorOf(await keyOf(options.seed, 0))
  const settled = manifestOf({ ...draft, plan: { ...plan, localSteps: Math.ceil(localSteps) } })
  return encodeManifest({
    v: 1,
    ...settled,
    averaging: { ...settled.averaging, ...options.averaging },
    model: await rawCid(modelJson),
    initial: await rawCid(encodeWeights(topology, initial)),
    initialHash: hashOf(shared.take(initial)),
    parameterCount: shared.layout.parameterCount,
    admins: [author],
    createdBy: author,
    createdAt: 0
  })
}

/** A batch is cut to the rows there are; the last step of the last epoch may begin another one. */
function stepsOf(rows: readonly Rows[], { localSteps, localEpochs, batch }: RunOptions): number[] {
  return rows.map(({ training: { count } }) =>
    localEpochs === undefined ? localSteps : Math.ceil((localEpochs * count) / Math.min(batch, count))
  )
}

/** Every peer draws its own order of rows, as in `demo`. */
export function seedOf(seed: number, index: number): number {
  return seed * 1000 + index + 1
}

async function rawCid(bytes: Uint8Array): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(bytes))
}
