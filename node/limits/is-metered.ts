import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const MANAGER = 'org.freedesktop.NetworkManager'
const QUESTION = ['get-property', MANAGER, '/org/freedesktop/NetworkManager', MANAGER, 'Metered']
const TIMEOUT_MS = 5000

/** NMMetered: 1 yes, 2 no, 3 guessed yes, 4 guessed no, 0 unknown. */
const ANSWERS: ReadonlyMap<string, boolean> = new Map([
  ['u 1', true],
  ['u 2', false],
  ['u 3', true],
  ['u 4', false]
])

/** Whether NetworkManager takes the network in use for metered; undefined where there is none, or it does not know. */
export async function isMetered(command = 'busctl'): Promise<boolean | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, QUESTION, { timeout: TIMEOUT_MS })
    return ANSWERS.get(stdout.trim())
  } catch {
    return undefined
  }
}
