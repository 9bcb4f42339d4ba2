import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { ExitError, INTERRUPTED } from './exit.ts'

interface ConfirmStreams {
  readonly input?: Readable & { readonly isTTY?: boolean }
  readonly output?: Writable & { readonly isTTY?: boolean }
}

/** True where somebody can be asked: standard output may be a pipe, the question goes to standard error. */
export function canAsk({ input = process.stdin, output = process.stderr }: ConfirmStreams = {}): boolean {
  return input.isTTY === true && output.isTTY === true
}

/** Asks a question that only `y` or `yes` answers with yes. Throws ExitError at Ctrl-C; the end of input is a no. */
export async function confirm(question: string, streams: ConfirmStreams = {}): Promise<boolean> {
  const { input = process.stdin, output = process.stderr } = streams
  const lines = createInterface({ input, output, terminal: canAsk({ input, output }) })
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('SIGINT', () => reject(new ExitError(INTERRUPTED)))
      lines.once('close', () => resolve(''))
      lines.question(`${question} (y/N) `).then(resolve, reject)
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    // After Ctrl-C or the end of input the cursor still stands behind the question.
    lines.close()
  }
}
