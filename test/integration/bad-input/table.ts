import { ARCHIVES } from './archives.ts'
import type { BadInput } from './case.ts'
import { FILES } from './files.ts'
import { HOMES } from './homes.ts'
import { INVITES } from './invites.ts'
import { MODELS } from './models.ts'
import { SIGNALS } from './signals.ts'
import { WORDS } from './words.ts'

/** All bad input that is tried on the program, by what is bad. */
export const BAD_INPUT: Readonly<Record<string, readonly BadInput[]>> = {
  'Files of rows': FILES,
  'Invites, runs and CIDs': INVITES,
  'Archives and addresses': ARCHIVES,
  'Files of models': MODELS,
  'Homes, ports and clocks': HOMES,
  'Words of the command line': WORDS,
  'Signals and terminals': SIGNALS
}

const INTRODUCTION = `# Bad input

What the program says and does about input that is wrong: every line is a test that runs the program and compares what it
prints, its exit code and what it leaves behind (\`test/integration/bad-input/\`). CID, PEER, ADDRESS and N stand for what differs
from run to run, HOME for the peer's folder. What goes on in spite of the input says so in its log and ends with 0. This page is
written by \`node test/integration/bad-input/regenerate.ts\`.

What other peers send is tried in \`test/integration/hostile-peer.test.ts\` and \`test/fuzz/\`: it is refused, counted by reason in
\`starling status\`, and the peer goes on. Of two headers for one sequence number the neighbours drop the author's link; the owner
of a key that somebody copied reads: \`this peer's key signs in two places at once, and the neighbours drop whoever uses it: stop
the other process, or, if the key was copied, leave and make a new one with starling identity renew\`.
`

/** The page that lists all bad input. */
export function badInputPage(): string {
  const sections = Object.entries(BAD_INPUT).map(([title, cases]) => `\n## ${title}\n\n${tableOf(cases)}`)
  return INTRODUCTION + sections.join('')
}

function tableOf(cases: readonly BadInput[]): string {
  const rows = cases.map(({ input, sentence, exitCode, state }) => [
    input,
    sentence === '' ? '(nobody can read it)' : `\`${sentence.replaceAll('`', '')}\``,
    String(exitCode),
    state
  ])
  const lines = [['input', 'what it says', 'exit code', 'state afterwards'], ['---', '---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('')
}
