import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ConfigError, type ResolveInit, resolveConfig, unknownVariables } from '../../../node/config.ts'
import { SETTING_KEYS, type SettingKey, variableOf } from '../../../node/settings.ts'

async function folderWith(t: TestContext, file?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-config-'))
  t.after(() => rm(folder, { recursive: true }))
  if (file !== undefined) await writeFile(join(folder, 'config.json'), file)
  return folder
}

async function settle(key: SettingKey, init: ResolveInit) {
  const { settings } = await resolveConfig({ environment: {}, ...init })
  const { value, source } = settings.find((setting) => setting.key === key)!
  return [value, source.type]
}

async function refusal(init: ResolveInit): Promise<string> {
  try {
    await resolveConfig({ environment: {}, ...init })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.equal(error.code, 'ERR_CONFIG')
    return error.message
  }
  throw new Error('it was not refused')
}

describe('settings', () => {
  it('come from the environment before the file, and from the file before the defaults', async (t) => {
    const home = await folderWith(t, '{"lingerSeconds": 60, "logLevel": "warn"}')
    const environment = { STARLING_LINGER_SECONDS: '90' }
    assert.deepEqual(await settle('lingerSeconds', { home, environment }), [90, 'environment'])
    assert.deepEqual(await settle('lingerSeconds', { home }), [60, 'file'])
    assert.deepEqual(await settle('logLevel', { home, environment }), ['warn', 'file'])
    assert.deepEqual(await settle('waitSeconds', { home, environment }), [60, 'default'])
    assert.deepEqual(await settle('engine', { home, environment }), [undefined, 'default'])
  })

  it('find the home by flag, then environment, then a file that was named, then the default', async (t) => {
    const folder = await folderWith(t)
    const file = join(folder, 'settings.json')
    await writeFile(file, '{"home": "peer", "data": "rows.csv"}')
    const environment = { STARLING_HOME: join(folder, 'other'), STARLING_CONFIG: file }
    assert.deepEqual(await settle('home', { home: folder, file: await emptyFile(folder), environment }), [
      folder,
      'flag'
    ])
    assert.deepEqual(await settle('home', { environment }), [join(folder, 'other'), 'environment'])
    assert.deepEqual(await settle('home', { file }), [join(folder, 'peer'), 'file'])
    assert.deepEqual(await settle('data', { file }), [join(folder, 'rows.csv'), 'file'])
    assert.equal((await settle('home', {}))[1], 'default')
  })

  it('take an empty variable for none', async (t) => {
    const home = await folderWith(t)
    assert.deepEqual(await settle('lingerSeconds', { home, environment: { STARLING_LINGER_SECONDS: '' } }), [
      15,
      'default'
    ])
  })

  it('keep the port that the home remembers, unless another address is settled', async (t) => {
    const remembered = '"remembered": {"listen": "/ip4/127.0.0.1/tcp/4801", "network": "ours"}'
    const home = await folderWith(t, `{${remembered}}`)
    assert.deepEqual(await settle('listen', { home }), ['/ip4/127.0.0.1/tcp/4801', 'remembered'])
    assert.deepEqual(await settle('network', { home }), ['ours', 'remembered'])
    const any = { STARLING_LISTEN: '/ip4/127.0.0.1/tcp/0', STARLING_NETWORK: 'theirs' }
    assert.deepEqual(await settle('listen', { home, environment: any }), ['/ip4/127.0.0.1/tcp/4801', 'remembered'])
    assert.deepEqual(await settle('network', { home, environment: any }), ['theirs', 'environment'])
    const other = { STARLING_LISTEN: '/ip4/0.0.0.0/tcp/0' }
    assert.deepEqual(await settle('listen', { home, environment: other }), ['/ip4/0.0.0.0/tcp/0', 'environment'])
  })

  const fileRefusals: readonly [what: string, file: string, message: RegExp][] = [
    ['an unknown key', '{"lingerSecond": 3}', /config\.json has an unknown key "lingerSecond": did you mean "lingerS/],
    ['a key like no other', '{"colour": 3}', /unknown key "colour": the keys are home, listen, .*logLevel$/],
    ['a wrong type', '{"lingerSeconds": "3"}', /lingerSeconds is "3": it must be a whole number from 0 to 86400$/],
    ['a value out of range', '{"waitForLinks": 65}', /waitForLinks is 65: it must be a whole number from 0 to 64$/],
    ['an address that is none', '{"listen": "here"}', /listen is "here": it must be a multiaddr such as \/ip4/],
    ['what is not JSON', '{"data": }', /config\.json is not JSON \(.*\): mend or delete it$/],
    ['what is no object', '[1]', /config\.json holds a list: settings are an object/],
    ["a home in a home's own file", '{"home": "x"}', /has a key "home", which a home's own file cannot/],
    ['a damaged memory', '{"remembered": 7}', /"remembered" is damaged: delete that key$/]
  ]
  for (const [what, file, message] of fileRefusals) {
    it(`refuse ${what}, and say where it stands`, async (t) => {
      assert.match(await refusal({ home: await folderWith(t, file) }), message)
    })
  }

  it('refuse a variable by its name, and a file that was named and is not there', async (t) => {
    const home = await folderWith(t)
    for (const text of ['soon', '-1', '1.5', ' ']) {
      assert.equal(
        await refusal({ home, environment: { STARLING_WAIT_SECONDS: text } }),
        `STARLING_WAIT_SECONDS is ${JSON.stringify(text)}: it must be a whole number from 0 to 86400`
      )
    }
    assert.match(
      await refusal({ home, file: join(home, 'no.json') }),
      /cannot read the settings in .*no\.json \(ENOENT/
    )
  })

  it('name a variable that was mistyped', () => {
    const environment = { STARLING_HOMES: '/x', STARLING_CONFIG: 'c.json', HOME: '/root', STARLING_ZZZ: '1' }
    assert.deepEqual(unknownVariables(environment), [
      { name: 'STARLING_HOMES', near: 'STARLING_HOME' },
      { name: 'STARLING_ZZZ' }
    ])
    assert.deepEqual(unknownVariables(Object.fromEntries(SETTING_KEYS.map((key) => [variableOf(key), '1']))), [])
  })
})

async function emptyFile(folder: string): Promise<string> {
  const path = join(folder, 'empty.json')
  await writeFile(path, '{}')
  return path
}
