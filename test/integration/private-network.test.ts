import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']

describe('a private network', () => {
  it('is met by whoever has its swarm key, and nobody else', async (t) => {
    const folder = await temporaryFolder(t)
    const creator = join(folder, 'creator')
    const made = (await runJson(t, 'init', '--home', creator, '--swarm-key', 'new', ...LISTEN)) as { swarmKey: string }
    assert.match(made.swarmKey, /^[0-9a-f]{16}$/)
    const { invite, home, data } = await createInvitedRun(t, folder, '--rounds', '30')
    assert.equal(home, creator)
    const keeper = start(t, 'start', invite, '--home', home)
    await keeper.says(`private network: only peers with the swarm key ${made.swarmKey} are met`)
    await keeper.says('following run')
    const status = (await runJson(t, 'status', '--home', home)) as { swarmKey: string }
    assert.equal(status.swarmKey, made.swarmKey)

    const words = (name: string) => ['join', invite, '--home', join(folder, name), '--data', data, ...LISTEN]
    const without = await run(t, ...words('without'))
    assert.equal(without.code, 1)
    assert.match(
      without.stderr,
      new RegExp(
        `starling: the run's peers are in a private network with the swarm key ${made.swarmKey}, this home has none`
      )
    )
    await runJson(t, 'init', '--home', join(folder, 'another'), '--swarm-key', 'new', ...LISTEN)
    const another = await run(t, ...words('another'))
    assert.equal(another.code, 1)
    assert.match(another.stderr, /this home has [0-9a-f]{16}: get the file/)

    const given = ['--swarm-key', join(home, 'swarm.key')]
    const names = ['one', 'two']
    for (const name of names) {
      assert.deepEqual(
        ((await runJson(t, 'init', '--home', join(folder, name), ...given, ...LISTEN)) as { swarmKey: string })
          .swarmKey,
        made.swarmKey
      )
    }
    const joined = names.map((name) => start(t, ...words(name)))
    for (const trainer of joined) {
      const { code, stderr } = await trainer.finished
      assert.equal(code, 0, stderr)
      assert.match(stderr, /of 30 \(\w+\), 1 links/)
    }
    // A model is asked for in the user's own network too.
    const evaluated = await run(t, 'evaluate', invite, '--home', join(folder, 'one'), '--data', data, '--json')
    assert.equal(evaluated.code, 0, evaluated.stderr)
  })
})
