import { homedir } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { RunPlan } from '../run/run-plan.ts'

/** Where a peer lives unless told otherwise. */
export const DEFAULT_HOME = join(homedir(), '.starling')

/** Name of the network that peers join unless told otherwise: a part of every protocol's name. */
export const DEFAULT_NETWORK = 'public'

/** What `--model` takes. */
export const MODEL_FORMS =
  'linear, mlp:64,32 with the sizes of the hidden layers, for images cnn:8,16 with the filters of the convolutions, ' +
  'or the path of a TensorFlow.js model.json'

const CODECS = ['f32', 'f16', 'int8', 'int4'] as const
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** Parses a whole number of at least `least`. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`must be a whole number from ${least}${most < 2 ** 53 - 1 ? ` to ${most}` : ''}.`)
    }
    return value
  }
}

/** Parses a number above `above` and at most `most`. */
export function positive(above: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value > above && value <= most)) {
      throw new InvalidArgumentError(`must be a number above ${above} and at most ${most}.`)
    }
    return value
  }
}

export function codec(text: string): RunPlan['codec'] {
  const found = CODECS.find((name) => name === text)
  if (found === undefined) throw new InvalidArgumentError(`must be one of ${CODECS.join(', ')}.`)
  return found
}

export function logLevel(text: string): string {
  if (!LOG_LEVELS.some((name) => name === text))
    throw new InvalidArgumentError(`must be one of ${LOG_LEVELS.join(', ')}.`)
  return text
}

const DURATION_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Parses `30m`, `12h`, `7d` or `2w` to milliseconds. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhdw])$/.exec(text.trim()) ?? []
  if (count === undefined || Number(count) === 0)
    throw new InvalidArgumentError('must be a time such as 30m, 12h, 7d or 2w.')
  return Number(count) * DURATION_MS[unit!]!
}

export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
