/** One valid record of each kind, the same at every run: fixed seeds, fixed times. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type {
  Beacon,
  CheckpointAnnouncement,
  CheckpointManifest,
  CheckpointProof,
  DeltaHeader,
  Invite,
  RunManifest,
  Seal
} from '../../../../protocols/envelope/index.ts'
import {
  authorOf,
  encodeCheckpoint,
  encodeCheckpointProof,
  encodeInvite,
  encodeManifest,
  recordCid,
  sealBeacon,
  sealCheckpointAnnouncement,
  sealDeltaHeader,
  signSeal
} from '../../../../protocols/envelope/index.ts'

export const key = await generateKeyPairFromSeed('Ed25519', filled(32, 7))
export const otherKey = await generateKeyPairFromSeed('Ed25519', filled(32, 8))
export const author = authorOf(key)
export const otherAuthor = authorOf(otherKey)

/** 2025-01-01T00:00:00Z */
const CREATED_AT = 1_735_689_600_000

export const run = recordCid(filled(1, 1)).bytes
const incarnation = filled(16, 3)

/** A header of a chain's second delta: 650 parameters in int4 take 3 scales and 325 bytes. */
export const deltaHeader: DeltaHeader = {
  run,
  author,
  incarnation,
  seq: 1,
  prev: recordCid(filled(1, 2)).bytes,
  base: filled(32, 4),
  round: 12,
  phase: 'training',
  steps: 22,
  trainMs: 41.5,
  codec: 'int4',
  length: 650,
  payload: { bytes: 337, root: recordCid(filled(1, 5)).bytes },
  norm: 0.75,
  degree: 6,
  stateHash: filled(32, 6),
  engine: 'wasm/4.22.0',
  samples: 180,
  loss: 0.5
}

export const manifest: RunManifest = {
  v: 1,
  name: 'tumours',
  seed: 42,
  task: {
    kind: 'classification',
    label: 'diagnosis',
    columns: [
      { name: 'radius', kind: 'number', centre: 14, scale: 3.5 },
      { name: 'site', kind: 'category', values: ['left', 'right', ''] }
    ],
    classes: ['benign', 'malignant']
  },
  model: recordCid(filled(1, 10)),
  initial: recordCid(filled(1, 11)),
  initialHash: filled(32, 12),
  parameterCount: 650,
  training: {
    optimiser: 'momentum',
    momentum: 0.9,
    learningRate: 0.05,
    batch: 32,
    localSteps: 22,
    loss: 'softmax-cross-entropy',
    rounds: 100,
    minRoundMs: 200
  },
  averaging: {
    codec: 'int4',
    k: 6,
    momentum: { rule: 'quasi-global', mu: 0.9, kappa: 0.5 },
    beta: 0.5,
    gamma: 1,
    rule: 'mean',
    b: 0
  },
  checkpoint: { everyRounds: 10, proof: 'snapshots' },
  evaluation: { holdOut: 0.2, metrics: ['accuracy', 'loss'] },
  privacy: { mode: 'off' },
  personalise: null,
  share: { metrics: true, samples: true },
  admission: 'open',
  admins: [author],
  createdBy: author,
  createdAt: CREATED_AT
}

/** What another manifest has where its run predicts a number. */
export const regression = {
  task: {
    kind: 'regression',
    label: 'age',
    columns: manifest.task.columns,
    target: { centre: 50, scale: 12 }
  },
  training: { ...manifest.training, optimiser: 'adam', momentum: 0, loss: 'mean-squared-error' },
  evaluation: { holdOut: 0.2, metrics: ['rmse', 'loss'] }
} as const satisfies Partial<RunManifest>

export const checkpoint: CheckpointManifest = {
  v: 1,
  run,
  author,
  seq: 20,
  round: 31,
  parents: [recordCid(filled(1, 13)).bytes],
  cut: [author, otherAuthor]
    .toSorted(Buffer.compare)
    .map((each) => ({ author: each, incarnation, seq: 19, delta: recordCid(each).bytes })),
  rule: 'mean',
  model: recordCid(filled(1, 10)),
  weights: recordCid(filled(1, 14)),
  proof: recordCid(filled(1, 15)),
  metrics: [{ author, split: 'holdOut', n: 45, loss: 0.25, accuracy: 0.955 }],
  createdAt: CREATED_AT
}

const { author: _, seq: __, createdAt: ___, ...anybodys } = checkpoint

/** The same, as the members that closed derive it. */
export const sealedCheckpoint: CheckpointManifest = { ...anybodys, parents: [], metrics: [] }

export const proof: CheckpointProof = {
  v: 1,
  manifest: recordCid(filled(1, 17)),
  copies: [18, 20].map((value) => ({ header: recordCid(filled(1, value)), copy: recordCid(filled(1, value + 1)) }))
}

export const seal: Seal = {
  run,
  author,
  checkpoint: recordCid(filled(1, 16)).bytes,
  round: 31,
  members: 2,
  metrics: { n: 45, loss: 0.25, accuracy: 0.955 },
  createdAt: CREATED_AT
}

export const announcement: CheckpointAnnouncement = {
  run,
  author,
  checkpoint: recordCid(filled(1, 16)).bytes,
  seq: 20,
  round: 31,
  phase: 'closing',
  createdAt: CREATED_AT,
  accuracy: 0.955
}

export const beacon: Beacon = {
  run,
  peer: author,
  roles: ['trainer', 'pinner'],
  addresses: ['/ip4/192.0.2.1/tcp/4001', '/dns4/peer.example/tcp/443/tls/ws'],
  head: { incarnation, seq: 7 },
  engine: 'wasm/4.22.0',
  freeLinks: 3,
  sentAt: CREATED_AT
}

export const invite: Invite = { v: 1, run, network: 'public', addresses: ['/ip4/192.0.2.1/tcp/4001'] }

/** Each record's bytes as they travel; the invite's are its characters. */
export async function encodeSamples(): Promise<Readonly<Record<string, Uint8Array>>> {
  return {
    'run-manifest': encodeManifest(manifest),
    'regression-manifest': encodeManifest({ ...manifest, ...regression }),
    'delta-header': await sealDeltaHeader(deltaHeader, key),
    'checkpoint-manifest': encodeCheckpoint(checkpoint),
    'sealed-checkpoint': encodeCheckpoint(sealedCheckpoint),
    'checkpoint-proof': encodeCheckpointProof(proof),
    'checkpoint-announcement': await sealCheckpointAnnouncement(announcement, key),
    seal: await signSeal(seal, key),
    beacon: await sealBeacon(beacon, key),
    invite: new TextEncoder().encode(encodeInvite(invite))
  }
}

export function filled(length: number, value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(value)
}
