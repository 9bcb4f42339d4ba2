import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { homeHolder, openHome } from '../../../storage/index.ts'
import { temporaryFolder } from './temporary-home.ts'

const PERMISSIONS = 0o777

async function holdInChild(t: TestContext, dir: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'hold-home.ts')
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout!, 'data')
  return child
}

test('makes a home that only its owner can read, and gives it the same identity every time', async (t) => {
  const dir = join(await temporaryFolder(t), 'home')
  const first = await openHome(dir, { create: true })
  assert.equal((await stat(dir)).mode & PERMISSIONS, 0o700)
  assert.equal((await stat(join(dir, 'identity.key'))).mode & PERMISSIONS, 0o600)
  await first.close()
  await first.close()
  const second = await openHome(dir)
  assert.ok(second.identity.equals(first.identity))
  await second.close()
  assert.deepEqual((await readdir(dir)).sort(), ['home.json', 'identity.key'])
})

test('leaves the permissions of a folder with other things in it alone', async (t) => {
  const dir = await temporaryFolder(t)
  await writeFile(join(dir, 'notes.txt'), 'mine')
  await chmod(dir, 0o755)
  await openHome(dir, { create: true })
  assert.equal((await stat(dir)).mode & PERMISSIONS, 0o755)
})

test('finds no home where none was made', async (t) => {
  await assert.rejects(openHome(join(await temporaryFolder(t), 'none')), { code: 'ERR_HOME_NOT_FOUND' })
})

test('says that a home below a file cannot be written', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  const expected = { code: 'ERR_HOME_NOT_WRITABLE', message: /ENOTDIR/ }
  await assert.rejects(openHome(join(file, 'home'), { create: true }), expected)
})

test('refuses a home of a newer program and one whose version is damaged', async (t) => {
  const dir = await temporaryFolder(t)
  await writeFile(join(dir, 'home.json'), '{"version":2}')
  await assert.rejects(openHome(dir), { code: 'ERR_HOME_VERSION', message: /format 2/ })
  await writeFile(join(dir, 'home.json'), '')
  await assert.rejects(openHome(dir), { code: 'ERR_HOME_CORRUPT' })
})

test('refuses a key with one flipped bit or a missing byte, and lets go of the home', async (t) => {
  const dir = await temporaryFolder(t)
  await (await openHome(dir, { create: true })).close()
  const path = join(dir, 'identity.key')
  const key = await readFile(path)
  for (let at = 0; at < key.byteLength; at++) {
    const flipped = Uint8Array.from(key)
    flipped[at]! ^= 1
    await writeFile(path, flipped)
    await assert.rejects(openHome(dir), { code: 'ERR_IDENTITY_CORRUPT' }, `byte ${at}`)
  }
  await writeFile(path, key)
  await truncate(path, key.byteLength - 1)
  await assert.rejects(openHome(dir), { code: 'ERR_IDENTITY_CORRUPT' })
  await writeFile(path, key)
  await (await openHome(dir)).close()
})

test('refuses a second opener in this process', async (t) => {
  const dir = await temporaryFolder(t)
  await openHome(dir, { create: true })
  await assert.rejects(openHome(dir), { code: 'ERR_HOME_IN_USE', dir, pid: process.pid })
})

test('tells who holds a home: nobody, this process, another one, and nobody when that was killed', async (t) => {
  const dir = join(await temporaryFolder(t), 'home')
  assert.equal(await homeHolder(dir), undefined)
  const home = await openHome(dir, { create: true })
  assert.equal(await homeHolder(dir), process.pid)
  await home.close()
  assert.equal(await homeHolder(dir), undefined)
  const child = await holdInChild(t, dir)
  assert.equal(await homeHolder(dir), child.pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(await homeHolder(dir), undefined)
})

test('refuses a home that another process holds, and takes it over once that process was killed', async (t) => {
  const dir = await temporaryFolder(t)
  const child = await holdInChild(t, dir)
  await assert.rejects(openHome(dir), { code: 'ERR_HOME_IN_USE', dir, pid: child.pid! })
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok((await readdir(dir)).includes('home.lock'), 'the killed process left its lock')
  await (await openHome(dir)).close()
})

test('takes over a lock whose process id was recycled, and not one whose process is the same', async (t) => {
  const dir = await temporaryFolder(t)
  const child = await holdInChild(t, dir)
  const lock = JSON.parse(await readFile(join(dir, 'home.lock'), 'utf8'))
  await assert.rejects(openHome(dir), { code: 'ERR_HOME_IN_USE', pid: child.pid! })
  await writeFile(join(dir, 'home.lock'), JSON.stringify({ ...lock, started: `${lock.started}0` }))
  await (await openHome(dir)).close()
})

test('takes over a lock that a power cut left empty', async (t) => {
  const dir = await temporaryFolder(t)
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'home.lock'), '')
  await (await openHome(dir, { create: true })).close()
})

test('lets exactly one of several openers take over a stale lock', async (t) => {
  const dir = await temporaryFolder(t)
  const child = await holdInChild(t, dir)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openHome(dir)))
  assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 1)
})
