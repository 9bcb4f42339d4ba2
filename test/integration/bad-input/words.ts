/** Words of the command line. */
import { run } from '../starling.ts'
import type { BadInput } from './case.ts'
import { NO_HOME, NOTHING_CHANGED } from './states.ts'

const calls =
  (...words: readonly string[]): BadInput['play'] =>
  ({ t }) =>
    run(t, ...words)

const demo =
  (...words: readonly string[]): BadInput['play'] =>
  ({ t, home }) =>
    run(t, 'demo', '--json', '--home', home, ...words)

export const WORDS: readonly BadInput[] = [
  {
    input: 'an option that does not exist',
    sentence: "error: unknown option '--peer-count'",
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: calls('demo', '--peer-count', '3')
  },
  {
    input: 'a command that does not exist',
    sentence: "error: unknown command 'trian'",
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: calls('trian')
  },
  {
    input: 'demo: a number that is none',
    sentence: "error: option '--rounds <r>' argument 'many' is invalid. must be a whole number from 1 to 10000000.",
    exitCode: 2,
    ...NO_HOME,
    play: demo('--rounds', 'many')
  },
  {
    input: 'demo: a model that nobody knows',
    sentence:
      'model "tree": this is no model we know. Valid are "linear" and "mlp:" with the units of each hidden layer, for ' +
      'example "mlp:64,32", for images "cnn:" with the filters of each convolution, for example "cnn:8,16", and the path ' +
      'of a TensorFlow.js layers model, for example "my-model/model.json"',
    exitCode: 2,
    ...NO_HOME,
    play: demo('--model', 'tree')
  },
  {
    input: 'demo: more peers to kill than live',
    sentence: '--kill 3 of 3 peers leaves nobody: kill at most 2',
    exitCode: 2,
    ...NO_HOME,
    play: demo('--peers', '3', '--kill', '3')
  }
]
