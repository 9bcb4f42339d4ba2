import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import {
  authorOf,
  encodeManifest,
  manifestCid,
  parseManifest,
  type RunManifest
} from '../../protocols/envelope/index.ts'
import { type DemoDataInit, dealOut } from '../demo/demo-data.ts'
import { draftRun, manifestOf } from '../run/create-run.ts'
import { encodeWeights } from '../run/run-files.ts'
import { DEFAULT_PLAN, type RunPlan } from '../run/run-plan.ts'
import {
  createLoss,
  createTrainer,
  drawInitialWeights,
  type Engine,
  type Topology,
  type Trainer
} from '../training/index.ts'
import { hashOf, type Rows, readRows } from '../vectors/index.ts'
import { keyOf } from './simulated-keys.ts'

/** What a run is about, as in `demo` and `create`. */
export interface RunOptions
  extends DemoDataInit,
    Pick<
      RunPlan,
      'model' | 'rounds' | 'localSteps' | 'batch' | 'optimiser' | 'momentum' | 'learningRate' | 'codec' | 'k'
    > {}

/** A run without a home: its manifest, and the rows of all its peers. */
export interface SimulatedRun {
  /** Run id, CID bytes. */
  readonly id: Uint8Array
  readonly manifest: RunManifest
  readonly topology: Topology
  /** Shape [n]. */
  readonly initial: Float32Array
  /** Training rows of each peer, and the common held-out ones. */
  readonly rows: readonly Rows[]
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
    const { topology, modelJson } = draft
    const initial = draft.initial ?? (await drawInitialWeights(topology, options.seed))
    const author = authorOf(await keyOf(options.seed, 0))
    const manifestBytes = encodeManifest({
      v: 1,
      ...manifestOf(draft),
      model: await rawCid(modelJson),
      initial: await rawCid(encodeWeights(topology, initial)),
      initialHash: hashOf(initial),
      parameterCount: topology.parameterCount,
      admins: [author],
      createdBy: author,
      createdAt: 0
    })
    // Read back as every peer reads it: what contradicts itself is refused here.
    const manifest = parseManifest(manifestBytes)
    const rows: Rows[] = []
    for (const [index, part] of data.parts.entries()) {
      const seed = seedOf(options.seed, index)
      rows.push(await readRows({ task: manifest.task, data: part, test: data.test, holdOut: 0, seed }))
    }
    return { id: manifestCid(manifestBytes).bytes, manifest, topology, initial, rows, description: data.description }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Every peer draws its own order of rows, as in `demo`. */
export function seedOf(seed: number, index: number): number {
  return seed * 1000 + index + 1
}

/** A trainer on one peer's rows, as a real peer makes it. */
export function trainerOf({ manifest, topology, rows }: SimulatedRun, index: number, engine: Engine): Promise<Trainer> {
  const { training, heldOut } = rows[index]!
  const { batch, learningRate, optimiser, momentum } = manifest.training
  const loss = createLoss(manifest.task)
  return createTrainer({ topology, loss, training, heldOut, batch, learningRate, optimiser, momentum, engine })
}

async function rawCid(bytes: Uint8Array): Promise<CID> {
  return CID.createV1(raw.code, await sha256.digest(bytes))
}
