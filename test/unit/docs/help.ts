import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { repositoryPath } from './repository.ts'

const run = promisify(execFile)

/** What the program prints for `starling [verb] --help`. */
export async function helpOf(...verb: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [repositoryPath('node/main.ts'), ...verb, '--help'])
  return stdout
}
