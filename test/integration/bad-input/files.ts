/** Files of rows. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { run } from '../starling.ts'
import { blobs, LABEL } from '../tables.ts'
import type { BadInput, Place } from './case.ts'
import { NO_HOME, NO_ROUND, NO_ROUND_ONLY, TRAINED } from './states.ts'
import { ALONE, PLAN } from './world.ts'

const HEADER = `x,y,${LABEL}\n`

/** A gibibyte and no line end. */
const ONE_LINE_BYTES = 2 ** 30

function joined(name: string, content: string | Uint8Array): BadInput['play'] {
  return async ({ world, t, home }) =>
    run(t, 'join', world.invite, '--home', home, '--data', await world.write(name, content), ...ALONE)
}

function demo(...args: readonly string[]): BadInput['play'] {
  return ({ world, t, home }) =>
    run(t, 'demo', '--json', '--home', home, ...args.map((arg) => (arg.endsWith('.csv') ? world.path(arg) : arg)))
}

/** With a file of its own: another row of the table may be played at the same time. */
function created(content: string, ...args: readonly string[]): BadInput['play'] {
  return async ({ world, t, home }) => {
    const data = await world.write(`${basename(home)}.csv`, content)
    return run(t, 'create', '--home', home, '--data', data, ...PLAN, ...args)
  }
}

async function joinOneLine({ world, t, home }: Place) {
  const path = world.path('endless.csv')
  const file = await open(path, 'w')
  const part = Buffer.alloc(2 ** 25, 'abcdefg,')
  for (let at = 0; at < ONE_LINE_BYTES; at += part.length) await file.write(part)
  await file.close()
  return run(t, 'join', world.invite, '--home', home, '--data', path, ...ALONE)
}

export const FILES: readonly BadInput[] = [
  {
    input: 'join: a file that is not there',
    sentence: 'there is no file missing.csv: check the path',
    exitCode: 1,
    ...NO_HOME,
    play: ({ world, t, home }) => run(t, 'join', world.invite, '--home', home, '--data', world.path('missing.csv'))
  },
  {
    input: 'demo: a file among several that is not there',
    sentence: 'there is no file missing.csv: check the path',
    exitCode: 1,
    ...NO_HOME,
    play: demo('--data', 'good.csv', 'missing.csv', 'good.csv', '--label', LABEL)
  },
  {
    input: 'create: a file among several that is not there',
    sentence: 'there is no file missing.csv: check the path',
    exitCode: 1,
    ...NO_HOME,
    play: ({ world, t, home }) =>
      run(t, 'create', '--home', home, '--data', world.path('good.csv'), world.path('missing.csv'), ...PLAN)
  },
  {
    input: 'join: a folder instead of a file',
    sentence: 'empty.csv lies beside the folders of classes: move it into the folder of its class, or elsewhere',
    exitCode: 1,
    ...NO_HOME,
    play: ({ world, t, home }) => run(t, 'join', world.invite, '--home', home, '--data', world.folder)
  },
  {
    input: 'join: an empty file',
    sentence: 'empty.csv holds nothing: a table needs a header line and at least one row below it',
    exitCode: 1,
    ...NO_HOME,
    play: joined('empty.csv', '')
  },
  {
    input: 'join: a header only',
    sentence: 'header.csv holds a header only: a table needs a header line and at least one row below it',
    exitCode: 1,
    ...NO_HOME,
    play: joined('header.csv', HEADER)
  },
  {
    input: 'join: a ragged row',
    sentence: 'ragged.csv, line 3: 4 cells, but the header has 3: quote cells that hold the separator',
    exitCode: 1,
    ...NO_HOME,
    play: joined('ragged.csv', `${HEADER}1,2,wren\n1,2,3,wren\n`)
  },
  {
    input: 'join: a quote that is never closed',
    sentence:
      'quote.csv is not well-formed: Quote Not Closed: the parsing is finished with an opening quote at line 3; ' +
      'a quote inside a quoted cell is written twice',
    exitCode: 1,
    ...NO_HOME,
    play: joined('quote.csv', `${HEADER}"1,2,wren\n1,2,wren\n`)
  },
  {
    input: 'join: a gibibyte on one line',
    sentence:
      'endless.csv: the row that begins near line 1 has more than 16777216 bytes: close its quote, or give the file line ends',
    exitCode: 1,
    ...NO_HOME,
    play: joinOneLine
  },
  {
    input: 'join: a byte order mark, and line ends of three systems',
    sentence: 'done after N rounds, accuracy N %',
    exitCode: 0,
    ...TRAINED,
    play: joined(
      'mixed.csv',
      `\ufeff${blobs(60, 1).replace(/\n/g, '\r\n').replaceAll('wren\r\n', 'wren\n').replaceAll('finch\r\n', 'finch\r')}`
    )
  },
  {
    input: 'join: a class that the run does not know',
    sentence:
      'classes.csv, line 3: the label "owl" is none of the classes "finch", "starling", "wren": correct it, or remove the row',
    exitCode: 1,
    ...NO_ROUND,
    play: joined('classes.csv', `${HEADER}1,2,wren\n2,1,owl\n3,4,finch\n`)
  },
  {
    input: 'join: text where the run has a number',
    sentence: 'text.csv, line 3, column "y": "tall" is not a number; correct it or leave the cell empty',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: joined('text.csv', `${HEADER}1,2,wren\n2,tall,finch\n3,4,starling\n`)
  },
  {
    input: 'join: one row to train on',
    sentence: 'one-row.csv leaves 1 rows to train on, at least 2 are needed: add rows or hold out fewer',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: joined('one-row.csv', `${HEADER}1,2,wren\n`)
  },
  {
    input: 'join: none of the columns of the run',
    sentence: 'others.csv has none of the columns to learn from, "x", "y": its columns are "a", "b", "species"',
    exitCode: 1,
    ...NO_ROUND_ONLY,
    play: joined('others.csv', `a,b,${LABEL}\n1,2,wren\n2,2,finch\n`)
  },
  {
    input: 'join: fewer rows than a batch',
    sentence: 'batch cut from 32 to the 5 rows there are',
    exitCode: 0,
    ...TRAINED,
    play: joined('few.csv', `${HEADER}0,2,finch\n2,-1,starling\n-2,-1,wren\n0,2.2,finch\n2.1,-1,starling\n`)
  },
  {
    input: 'join: a column of the run missing, and one too many',
    sentence: 'columns that the run does not know are left out: "z"',
    exitCode: 0,
    ...TRAINED,
    play: joined('columns.csv', `x,z,${LABEL}\n${blobs(30, 1).split('\n').slice(1).join('\n')}`)
  },
  {
    input: 'create: a label column that is not there',
    sentence: 'good.csv has no column "specie": did you mean "species"? Its columns are "x", "y", "species"',
    exitCode: 1,
    ...NO_HOME,
    play: ({ world, t, home }) =>
      run(t, 'create', '--yes', '--home', home, '--data', world.path('good.csv'), '--label', 'specie')
  },
  {
    input: 'create: one class only',
    sentence:
      'the label "species" takes only the value "wren": two classes or more are needed; name those that others hold as classes',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,wren\n`)
  },
  {
    input: 'create: a robust rule among too few neighbours',
    sentence:
      'run manifest: averaging.rule "or-cs+" contradicts averaging.k 6: it tells liars from the rest among at least ' +
      '8 neighbours',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--rule', 'or-cs+', '--k', '6')
  },
  {
    input: 'create: more liars than any rule can bear',
    sentence: 'run manifest: averaging.b 4 contradicts averaging.k 8: at most 3 of 8 neighbours may lie',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--rule', 'krum', '--byzantine', '4')
  },
  {
    input: 'create: liars expected by a rule that believes them',
    sentence:
      'run manifest: averaging.rule "mean" contradicts averaging.b 1: the mean trusts everybody: choose a robust rule',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--byzantine', '1')
  },
  {
    input: 'create: a local layer that the model does not have',
    sentence:
      'personalise.layers "head" contradicts the model, which has no weights of that name: its layers are "dense_1", ' +
      'of which at least one is shared',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--local-layers', 'head')
  },
  {
    input: 'create: all layers local',
    sentence:
      'personalise.layers "dense_1" contradicts the model, which has no other, so nothing would be shared: its layers ' +
      'are "dense_1", of which at least one is shared',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--local-layers', 'dense_1')
  },
  {
    input: 'create: personal models that nothing draws to the common one',
    sentence:
      'run manifest: personalise.rule "ditto" contradicts personalise.lambda 0: personal models would learn nothing ' +
      'from the common one',
    exitCode: 1,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--personalise', 'ditto:0')
  },
  {
    input: 'create: a second model and local layers',
    sentence:
      '--personalise ditto is not for --local-layers dense_1: a run keeps a second model or some layers to its peers, ' +
      'not both',
    exitCode: 2,
    ...NO_HOME,
    play: created(`${HEADER}1,2,wren\n2,3,finch\n`, '--personalise', 'ditto', '--local-layers', 'dense_1')
  },
  {
    input: 'demo: several files without a label',
    sentence: '--data good.csv needs --label COLUMN, the column to predict (sample sets: digits, wdbc)',
    exitCode: 2,
    ...NO_HOME,
    play: demo('--data', 'good.csv')
  },
  {
    input: 'demo: more peers than rows',
    sentence: '5 rows cannot be shared among 5 peers: give a whole number of peers, with 2 rows for each',
    exitCode: 1,
    ...NO_HOME,
    play: async (place) => {
      await place.world.write(
        'five.csv',
        `${HEADER}0,2,finch\n2,-1,starling\n-2,-1,wren\n0,2.2,finch\n2.1,-1,starling\n`
      )
      return demo('--data', 'five.csv', '--test', 'good.csv', '--label', LABEL)(place)
    }
  }
]
