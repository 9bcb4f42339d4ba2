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

const start =
  (...words: readonly string[]): BadInput['play'] =>
  ({ t, home }) =>
    run(t, 'start', ...words, '--home', home)

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
  },
  {
    input: 'start: a policy that is none',
    sentence:
      "error: option '--policy <policy>' argument 'newest' is invalid. must be latest, last:N (the newest N), every:N " +
      '(one in N rounds) or all.',
    exitCode: 2,
    ...NO_HOME,
    play: start('--policy', 'newest')
  },
  {
    input: 'start: a quota without a unit',
    sentence:
      "error: option '--quota <size>' argument '10' is invalid. must be bytes with their unit (500MB, 10GiB, 1TB), at " +
      'least 1MB.',
    exitCode: 2,
    ...NO_HOME,
    play: start('--quota', '10')
  },
  {
    input: 'start: an address of the pinning API without a port',
    sentence: '--pinning-api 127.0.0.1 is no address: give a host and a port, such as 127.0.0.1:5005',
    exitCode: 2,
    ...NO_HOME,
    play: start('--pinning-api', '127.0.0.1')
  },
  {
    input: 'start: neither a run nor the pinning API',
    sentence: 'nothing to do: name a run to follow by its invite, or offer --pinning-api',
    exitCode: 2,
    ...NO_HOME,
    play: start()
  },
  {
    input: 'pin: a service that the settings do not name',
    sentence: 'the settings: there is no service called backup: add it under "services" in the settings',
    exitCode: 2,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'pin', '--service', 'backup', '--status', '--home', home)
  },
  {
    input: 'pin: options of a service without one',
    sentence: '--name, --background and --status go with --service NAME; `starling pins` lists what is kept here',
    exitCode: 2,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'pin', '--status', '--home', home)
  }
]
