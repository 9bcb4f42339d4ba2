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

const CODECS = ['f32', 'int8', 'int4'] as const

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

export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
