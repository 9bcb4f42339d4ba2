import { readFile } from 'node:fs/promises'
import { Command, CommanderError } from 'commander'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { z } from 'zod'
import type { Variant } from '../simulate/index.ts'
import { UsageError } from './exit.ts'
import { addScenarioOptions, type ScenarioOptions, toVariant } from './simulate-options.ts'

const values = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])
)

const study = z.strictObject({
  repeat: z.exactOptional(z.int().min(1)),
  options: z.exactOptional(values),
  variants: z.array(values.and(z.object({ label: z.string().min(1) }))).min(1)
})

export interface Study {
  readonly variants: readonly Variant[]
  readonly repeat?: number
}

/**
 * Reads the file of a study: JSON with comments, `{ "repeat": 10, "options": {…}, "variants": [{ "label": "…", … }] }`, where
 * options are named as on the command line and checked as there. `given`: what the command line says, which beats the file.
 * Throws UsageError.
 */
export async function readStudy(path: string, given: Partial<ScenarioOptions>): Promise<Study> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read the study in ${path} (${cause.code}): check the path`, { cause })
  })
  const errors: ParseError[] = []
  const parsed = study.safeParse(parse(text, errors, { allowTrailingComma: true }))
  if (errors[0] !== undefined) {
    const line = text.slice(0, errors[0].offset).split('\n').length
    throw new UsageError(`${path}, line ${line}: not JSON (${printParseErrorCode(errors[0].error)})`)
  }
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0]!
    throw new UsageError(`${path}: ${where.join('.') || 'the study'}: ${message}`)
  }
  const { repeat, options = {}, variants } = parsed.data
  return {
    variants: variants.map(({ label, ...own }) =>
      toVariant(label, { ...parseOptions(`${path}, variant "${label}"`, { ...options, ...own }), ...given })
    ),
    ...(repeat === undefined ? {} : { repeat })
  }
}

/** Options by the names that they have on the command line without dashes in front, read by the same parsers. */
function parseOptions(where: string, options: Readonly<Record<string, unknown>>): ScenarioOptions {
  const command = addScenarioOptions(new Command('study'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  try {
    return command.parse(Object.entries(options).flatMap(words), { from: 'user' }).opts<ScenarioOptions>()
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    throw new UsageError(`${where}: ${cause.message.replace(/^error: /, '')}`, { cause })
  }
}

function words([name, value]: [string, unknown]): string[] {
  if (value === true) return [`--${name}`]
  if (value === false) return [`--no-${name}`]
  return [`--${name}`, ...[value].flat().map(String)]
}
