import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { assertNamed, authorsOf, flipOne, seeded, verify } from '../verify/flips.ts'
import { homeOfBlocks } from '../verify/only-blocks.ts'
import { keptCheckpoints, playRun } from '../verify/real-run.ts'
import { runJson, run as runStarling } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const TRAINERS = 4
/** A slice of `npm run verify-campaign`. */
const FLIPS = 40
const SEED = 11

const reported = z.looseObject({
  verdict: z.enum(['derived', 'wrong', 'unproven']),
  isSealed: z.boolean(),
  authors: z.array(z.looseObject({ author: z.string(), distance: z.number().optional() })),
  faults: z.array(z.looseObject({ part: z.string(), cid: z.string().optional() })),
  seals: z.array(z.looseObject({ author: z.string(), n: z.int().optional() }))
})

const history = z.strictObject({
  run: z.string(),
  entries: z.array(z.looseObject({ kind: z.string(), author: z.string(), record: z.base64() }))
})

describe('a run that has ended', () => {
  it('leaves one sealed checkpoint at all its peers, and checkpoints that their blocks alone prove', async (t) => {
    const folder = await temporaryFolder(t)
    const plan = ['--rounds', '40', '--checkpoint-every', '10', '--model', 'mlp:8']
    const { id, homes, last, pinnerSaid } = await playRun(t, folder, TRAINERS, ...plan)

    assert.equal(new Set(last).size, 1, 'the members sealed different checkpoints')
    const sealed = last[0]!
    assert.ok(pinnerSaid.includes(`pinned checkpoint ${sealed}`), 'the pinner derived another one')

    const report = reported.parse(await runJson(t, 'verify', sealed, '--home', homes[0]!))
    assert.deepEqual([report.verdict, report.isSealed, report.authors.length], ['derived', true, TRAINERS])
    // Each trainer with its own rows' metrics, and the pinner with none.
    const signers = report.seals.filter(({ author }) => report.authors.some((one) => one.author === author))
    assert.equal(signers.length, TRAINERS)
    assert.ok(signers.every(({ n }) => n !== undefined && n > 0))

    const { entries } = history.parse(await runJson(t, 'history', id, '--home', homes[0]!))
    const sealers = entries.filter(({ kind }) => kind === 'seal').map(({ author }) => author)
    assert.deepEqual(new Set(sealers), new Set(report.seals.map(({ author }) => author)))
    assert.ok(entries.some(({ kind }) => kind === 'checkpoint'))
    const lines = (await runStarling(t, 'history', id, '--home', homes[1]!, '--format', 'jsonl')).stdout.trim()
    const listed = lines.split('\n').filter((line) => JSON.parse(line).kind === 'delta').length
    // A peer that came when the others were under way has fewer; what lies before the last snapshots may be pruned.
    const outbound = (await readFile(join(homes[1]!, 'outbound.jsonl'), 'utf8')).trim().split('\n')
    const published = outbound.filter((line) => JSON.parse(line).what === 'delta').length
    assert.ok(published > 0 && listed >= Math.min(published, 32), `${listed} of ${published} deltas`)

    const kept = await keptCheckpoints(t, homes)
    assert.ok(kept.length >= 2, `only ${kept.length} checkpoints were kept`)
    for (const { root, blocks } of kept) assert.equal((await verify(blocks, root)).verdict, 'derived')

    const { root, blocks } = kept.find((one) => one.root.toString() === sealed)!
    const alone = await homeOfBlocks(join(folder, 'alone'), blocks)
    const again = reported.parse(await runJson(t, 'verify', sealed, '--home', alone))
    assert.deepEqual([again.verdict, again.seals], ['derived', []])
    // Control: without one of those blocks, the same home proves nothing.
    await rm(join(alone, 'blocks'), { recursive: true })
    const [weights, ...others] = [...blocks].toSorted(([, a]) => (a.roles[0]!.part === 'weights' ? -1 : 1))
    await homeOfBlocks(alone, new Map(others))
    const { code, stdout } = await runStarling(t, 'verify', sealed, '--home', alone, '--json')
    const partial = reported.parse(JSON.parse(stdout))
    assert.deepEqual([code, partial.verdict], [1, 'wrong'])
    assert.ok(partial.faults.some(({ part, cid }) => part === 'weights' && cid === weights![1].cid.toString()))

    const random = seeded(SEED)
    for (let i = 0; i < FLIPS; i++) {
      const one = kept[Math.floor(random() * kept.length)]!
      assertNamed(await flipOne(one.blocks, one.root, random))
    }
    // Control: what is whole is not called wrong, and an author who did nothing is not named.
    const whole = { kind: 'damage', roles: [{ part: 'copy', author: authorsOf(blocks, root)[0]! }], at: 0 } as const
    assert.throws(() => assertNamed({ ...whole, report: { ...again, faults: [] } as never }), /went unnoticed/)
  })
})
