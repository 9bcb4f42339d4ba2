import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { violations } from './house-rules.ts'
import { readSources } from './imports.ts'

describe('the house', () => {
  it('keeps its rules in every source', async () => {
    const sources = await readSources()
    assert.ok(sources.length > 100, `only ${sources.length} sources were found`)
    assert.deepEqual(sources.flatMap(violations), [])
  })

  /** The controls: each of these sources breaks one rule. */
  const breakers: readonly [what: string, path: string, text: string][] = [
    ['a protocol that imports node', 'protocols/links/link.ts', "import { createPeer } from '../../node/peer.ts'"],
    ['storage that imports node', 'storage/home.ts', "import { createPeer } from '../node/peer.ts'"],
    ['a bootstrap that loads node late', 'bootstrap/relay.ts', "await import('../node/peer.ts')"],
    [
      'a protocol that imports storage',
      'protocols/links/link.ts',
      "import type { Home } from '../../storage/index.ts'"
    ],
    ["a protocol inside another's folder", 'protocols/links/link.ts', "export { Q } from '../averaging/quantise.ts'"],
    [
      "a command inside a protocol's folder",
      'node/commands/join.ts',
      "import { Link } from '../../protocols/links/link.ts'"
    ],
    ['a command inside storage', 'node/commands/join.ts', "import { Pins } from '../../storage/pins.ts'"],
    ['a format past its face', 'node/data/a.ts', "import { encodeNpz } from '../../storage/formats/npz.ts'"],
    ['Helia outside storage', 'node/peer.ts', "import { createHelia } from 'helia'"],
    ['a blockstore outside storage', 'node/peer.ts', "import { FsBlockstore } from 'blockstore-fs'"],
    ['a protocol with files', 'protocols/links/link.ts', "import { readFile } from 'node:fs/promises'"],
    ['a protocol with TensorFlow', 'protocols/averaging/mix.ts', "import * as tf from '@tensorflow/tfjs-core'"],
    ['a peer with attacks', 'node/participant/round.ts', "import { createAttack } from '../simulate/attacks/index.ts'"],
    ['a run that loads attacks late', 'node/run/run.ts', "await import('../simulate/attacks/index.ts')"],
    ['a demo with attacks', 'node/demo/flock.ts', "import { createAttack } from '../simulate/attacks/index.ts'"],
    ['another verb with attacks', 'node/commands/join.ts', "import { runSimulation } from '../simulate/index.ts'"],
    ['a reader of the environment', 'node/peer.ts', 'const home = process.env.STARLING_HOME'],
    ['a file called utils', 'node/data/utils.ts', ''],
    ['a folder called common', 'protocols/common/index.ts', '']
  ]

  for (const [what, path, text] of breakers) {
    it(`does not let in ${what}`, () => {
      assert.equal(violations({ path, text }).length, 1, `${path}: ${text}`)
    })
  }

  const keepers: readonly [path: string, text: string][] = [
    ['protocols/links/link.ts', "import type { DeltaFrame } from '../delta-gossip/index.ts'"],
    ['protocols/links/link.ts', "import { encodeFrame } from './messages.ts'"],
    ['protocols/links/link.ts', "import type { Clock } from '../clock.ts'"],
    ['node/peer.ts', "import { openHome } from '../storage/index.ts'"],
    ['node/data/write-npz.ts', "import { encodeNpz } from '../../storage/formats/index.ts'"],
    ['storage/blocks.ts', "import { FsBlockstore } from 'blockstore-fs'"],
    ['node/config.ts', 'process.env.STARLING_HOME'],
    ['node/commands/simulate.ts', "await import('../simulate/index.ts')"],
    ['node/demo/server.ts', "import { fedAvg } from '../simulate/baselines/index.ts'"],
    ['protocols/links/index.ts', "/** import { createPeer } from '../../node/peer.ts' */"]
  ]

  it('lets in what keeps the rules', () => {
    for (const [path, text] of keepers) assert.deepEqual(violations({ path, text }), [])
  })
})
