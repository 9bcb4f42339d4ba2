import { readFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname, join } from 'node:path'

/** Where a version of control groups keeps its figures. */
interface Layout {
  readonly mount: string
  readonly limit: string
  readonly usage: string
  readonly reclaimable: string
}

const V2: Layout = {
  mount: 'sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  reclaimable: 'inactive_file'
}

const V1: Layout = {
  mount: 'sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  reclaimable: 'total_inactive_file'
}

/**
 * Bytes that this process may still take: what the machine has free (MemAvailable on Linux), and what each control
 * group above the process leaves. Node's own figure looks at one group only, and counts cached files as taken.
 */
export async function availableMemory({ root = '/', free = freemem() } = {}): Promise<number> {
  const groups = await readText(join(root, 'proc/self/cgroup'))
  const rooms = (groups ?? '').split('\n').map((line) => roomOf(root, line))
  return Math.min(free, ...(await Promise.all(rooms)))
}

/** What a line of `/proc/self/cgroup`, `id:controllers:path`, leaves; without end where it limits no memory. */
async function roomOf(root: string, line: string): Promise<number> {
  const [id, controllers = '', path = '/'] = line.split(':')
  const isV1 = controllers.split(',').includes('memory')
  if (!isV1 && !(id === '0' && controllers === '')) return Number.POSITIVE_INFINITY
  const layout = isV1 ? V1 : V2
  let room = Number.POSITIVE_INFINITY
  // In a container the path is the host's: the groups that are not here are skipped, up to the one that is.
  for (let group = path; ; group = dirname(group)) {
    room = Math.min(room, await roomIn(join(root, layout.mount, group), layout))
    if (group === '/' || group === '.') return room
  }
}

async function roomIn(folder: string, { limit, usage, reclaimable }: Layout): Promise<number> {
  const [most, used, stat] = await Promise.all(
    [limit, usage, 'memory.stat'].map((name) => readText(join(folder, name)))
  )
  const [, cached] = new RegExp(`^${reclaimable} (\\d+)$`, 'm').exec(stat ?? '') ?? []
  const room = Number(most) - Math.max(0, Number(used) - Number(cached ?? 0))
  // `max`, and files that are not there: no limit.
  return most === undefined || Number.isNaN(room) ? Number.POSITIVE_INFINITY : room
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
