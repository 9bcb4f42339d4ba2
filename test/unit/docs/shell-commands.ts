/** One call of the program in a document: its verb and the long options that it is given. */
export interface Call {
  readonly verb: string
  readonly flags: readonly string[]
}

const FENCED_SHELL = /```sh\n([\s\S]*?)```/g
const INLINE = /`([^`\n]+)`/g
const CALL = /(?:npx )?\bstarling ([a-z]+)([^|&;>#\n]*)/g
const START = /\bnpm start -- ([^|&;>#\n]*)/g
const FLAG = /--[a-z][a-z-]*/g

/** Every `starling VERB …` in the document's shell blocks and inline code; `npm start -- …` is a call of `demo`. */
export function callsIn(markdown: string): Call[] {
  const blocks = [...markdown.matchAll(FENCED_SHELL)].map(([, code]) => code!.replaceAll('\\\n', ' '))
  const prose = markdown.replaceAll(/```[\s\S]*?```/g, '')
  const code = [...blocks, ...[...prose.matchAll(INLINE)].map(([, text]) => text!)]
  return code.flatMap((text) => [
    ...[...text.matchAll(CALL)].map(([, verb, rest]) => ({ verb: verb!, flags: rest!.match(FLAG) ?? [] })),
    ...[...text.matchAll(START)].map(([, rest]) => ({ verb: 'demo', flags: rest!.match(FLAG) ?? [] }))
  ])
}

/** Calls with a verb that has no help, and options that their verb's help does not list, as `VERB --option`. */
export function unknownIn(calls: readonly Call[], helpByVerb: ReadonlyMap<string, string>): string[] {
  return calls.flatMap(({ verb, flags }) => {
    const help = helpByVerb.get(verb)
    if (help === undefined) return [verb]
    const known = new Set(help.match(FLAG))
    return flags.filter((flag) => !known.has(flag)).map((flag) => `${verb} ${flag}`)
  })
}
