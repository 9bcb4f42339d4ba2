import { fileURLToPath } from 'node:url'

/** A table that comes with Starling: where it lies and which column to predict. */
export interface SampleSet {
  readonly path: string
  readonly label: string
}

/** Real data to try things with; sources and shapes are in `sets/README.md`. */
export const SAMPLE_SETS = {
  digits: { path: fileURLToPath(new URL('sets/digits.csv', import.meta.url)), label: 'digit' },
  wdbc: { path: fileURLToPath(new URL('sets/wdbc.csv', import.meta.url)), label: 'diagnosis' }
} as const satisfies Record<string, SampleSet>
