/** Files of models. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { writeModel } from '../model-file.ts'
import { run } from '../starling.ts'
import { LABEL } from '../tables.ts'
import type { BadInput, Place } from './case.ts'
import { NO_HOME, NOTHING_CHANGED } from './states.ts'

/** Stands where a file would go. */
const THERE = 'something else'

function exported(format: string, output: string): BadInput['play'] {
  return async ({ world, t, home }) => {
    await world.write('there.onnx', THERE)
    return run(t, 'export', world.run, '--home', home, '--format', format, '--output', world.path(output))
  }
}

/** With a model file of the row's own, cut to so many bytes. */
function predicted(format: string, name: string, bytes: number): BadInput['play'] {
  return async ({ world, t }) => {
    const path = await writeModel(format, world.path(name))
    await world.write(name, (await readFile(path)).subarray(0, bytes))
    return predicts({ world, t }, name)
  }
}

function predicts({ world, t }: Pick<Place, 'world' | 't'>, name: string, ...words: string[]) {
  return run(t, 'predict', world.path(name), '--data', world.path('good.csv'), ...words)
}

export const MODELS: readonly BadInput[] = [
  {
    input: 'export: a format that does not exist',
    sentence:
      "error: option '--format <name>' argument 'pickle' is invalid. Allowed choices are safetensors, tfjs, onnx, npz, car.",
    exitCode: 2,
    ...NO_HOME,
    play: exported('pickle', 'model.pickle')
  },
  {
    input: 'export: a file that is there',
    sentence: 'there.onnx is there already: choose another --output, or add --force to write over it',
    exitCode: 1,
    state: 'the file is as it was',
    play: exported('onnx', 'there.onnx'),
    check: async ({ world }) => assert.equal(await readFile(world.path('there.onnx'), 'utf8'), THERE)
  },
  {
    input: 'export: an output of another ending',
    sentence: '--output model.npz does not end in .onnx, by which a file of the format onnx is known: add it',
    exitCode: 2,
    ...NO_HOME,
    play: exported('onnx', 'model.npz')
  },
  {
    input: 'predict: a file of a model that is not there',
    sentence: 'missing.onnx cannot be read as a model: there is no such file',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: (place) => predicts(place, 'missing.onnx')
  },
  {
    input: 'predict: an ONNX file that was cut short',
    sentence:
      'cut.onnx cannot be read as a model: onnx: the bytes are no protobuf message: the file is cut short or no ONNX file',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: predicted('onnx', 'cut.onnx', 900)
  },
  {
    input: 'predict: an .npz that was cut short',
    sentence: 'cut.npz is damaged or no .npz: invalid zip data; copy or save it again',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: predicted('npz', 'cut.npz', 500)
  },
  {
    input: 'predict: a safetensors file that was cut short',
    sentence: 'cut.safetensors cannot be read as a model: safetensors: header ends at byte N, the file at N',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: predicted('safetensors', 'cut.safetensors', 300)
  },
  {
    input: 'predict: weights that say nothing about columns',
    sentence:
      'bare.safetensors holds weights and says nothing about columns and classes: use a file that `starling export` wrote, ' +
      'or start a run from it with `starling create --initial`',
    exitCode: 1,
    ...NOTHING_CHANGED,
    play: async (place) => {
      const { encodeSafetensors } = await import('../../../storage/formats/index.ts')
      await place.world.write('bare.safetensors', encodeSafetensors([]))
      return predicts(place, 'bare.safetensors')
    }
  },
  {
    input: 'predict: the personal model of a file',
    sentence: '--personal is for runs, and model.onnx is a file: leave one of them out',
    exitCode: 2,
    ...NOTHING_CHANGED,
    play: (place) => predicts(place, 'model.onnx', '--personal')
  },
  {
    input: 'create: initial weights of another model',
    sentence: "HOME.safetensors holds 9 parameters, the run's model has 2371: choose the --model that they belong to",
    exitCode: 1,
    ...NO_HOME,
    play: async ({ world, t, home }) => {
      const model = await writeModel('safetensors', world.path(`${basename(home)}.safetensors`))
      const words = ['--data', world.path('good.csv'), '--label', LABEL, '--model', 'mlp:64,32', '--initial', model]
      return run(t, 'create', '--yes', '--home', home, ...words)
    }
  },
  {
    input: 'create: rows that are not those of the model to start from',
    sentence: 'other-rows.csv has no column "species". Its columns are "a", "b"',
    exitCode: 1,
    ...NO_HOME,
    play: async ({ world, t, home }) => {
      const model = await writeModel('onnx', world.path(`${basename(home)}.onnx`))
      const rows = await world.write('other-rows.csv', 'a,b\n1,2\n')
      return run(t, 'create', '--yes', '--home', home, '--from', model, '--data', rows)
    }
  },
  {
    input: 'create: a label beside a model that has one',
    sentence: '--label is not for --from HOME.safetensors: its schema and its model are taken over',
    exitCode: 2,
    ...NO_HOME,
    play: async ({ world, t, home }) => {
      const model = await writeModel('safetensors', world.path(`${basename(home)}.safetensors`))
      return run(t, 'create', '--yes', '--home', home, '--from', model, '--label', 'x')
    }
  },
  {
    input: 'create: neither rows nor a model to start from',
    sentence: 'give --data FILES whose columns make the schema, or --from a checkpoint to take over its own',
    exitCode: 2,
    ...NO_HOME,
    play: ({ t, home }) => run(t, 'create', '--yes', '--home', home)
  }
]
